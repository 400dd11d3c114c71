import type { components } from "./schema.gen";

/** What travels between browser and server, in the server's own spelling and from its own contract. */
type Schemas = components["schemas"];

/** Answers are shared by every page that shows them, so nobody may change one in place. */
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

type Wire<Name extends keyof Schemas> = Frozen<Schemas[Name]>;

/** A UUID, or a number written as text. */
export type Id = string;

export interface Page<T> {
  readonly results: readonly T[];
  readonly next: string | null;
  readonly total?: number;
}

export type User = Wire<"UserOut">;
export type Session = Wire<"SessionOut">;
export type Token = Wire<"TokenOut">;
export type TokenSecret = Wire<"TokenSecret">;
export type NewUser = Wire<"UserInRequest">;
export type UserChange = Partial<Wire<"PatchedUserPatchRequest">>;

export type Role = Wire<"MemberOut">["role"];
export type Member = Wire<"MemberOut">;
export type Project = Wire<"ProjectOut">;
export type ProjectPolicy = Wire<"ProjectPolicy">;
export type NewProject = Pick<
  Wire<"ProjectInRequest">,
  "name" | "instructions" | "schema" | "study_ids" | "members"
>;
export type ProjectChange = Partial<Wire<"PatchedProjectPatchRequest">>;

export type Code = Wire<"Code">;
export type SegmentDefinition = Wire<"Segment">;
export type ShapeDefinition = Wire<"ShapeSpec">;
export type ShapeKind = ShapeDefinition["kind"];
export type QuestionDefinition = Wire<"Question">;
export type QuestionKind = QuestionDefinition["kind"];
export type SchemaDocument = Wire<"SchemaDocument">;

export type Task = Wire<"TaskOut">;
export type TaskState = Task["state"];
export type Assignments = Wire<"AssignmentsOut">;
export type Verdict = Wire<"ReviewInRequest">["verdict"];
export type Why = Wire<"WhyOut">;
export type Home = Wire<"HomeOut">;
export type ProjectCounts = Wire<"ProjectCountsOut">;
export type Progress = Wire<"ProgressOut">;
export type LearningPoint = Wire<"LearningPoint">;

export type Job = Wire<"JobOut">;
export type JobState = Job["state"];
export type TrainingRun = Wire<"TrainingRunOut">;
export type Release = Wire<"ReleaseOut">;
export type NewRelease = Pick<Wire<"ReleaseInRequest">, "name" | "split">;
export type SystemState = Wire<"SystemOut">;
export type AuditEvent = Wire<"AuditEventOut">;

export interface SegmentMetric {
  readonly dice_mean: number | null;
  readonly dice_low: number | null;
  readonly dice_high: number | null;
  readonly n: number;
}

export interface ModelMetrics {
  readonly per_segment?: Readonly<Record<string, SegmentMetric>>;
  readonly mean_dice?: number | null;
  readonly n_patients_held_out?: number;
}

/** The contract leaves metrics open, since each family measures its own things. */
export type ModelVersion = Omit<Wire<"ModelVersionOut">, "metrics"> & {
  readonly metrics: ModelMetrics;
};

export type NextTask = Wire<"NextOut">;

export type Study = Wire<"StudyOut">;
export type StudyDetail = Wire<"StudyDetailOut">;
export type Series = Wire<"SeriesOut">;
export type Grid = Wire<"GridOut">;
export type StudyPage = Wire<"StudyListOut">;
export type StudyFacets = Wire<"FacetsOut">;
export type StudyFilter = Wire<"StudyFilter">;
export type StudyOrder = NonNullable<Wire<"StudySearchInRequest">["order"]>;
/** Some studies: those named, or all that a filter finds. */
export interface StudyChoice {
  readonly study_ids?: readonly Id[];
  readonly filter?: Partial<StudyFilter>;
}
export type Tag = Wire<"TagOut">;
export type TagRef = Wire<"TagRefOut">;
export type Cohort = Wire<"CohortOut">;
export interface NewCohort {
  readonly name: string;
  readonly kind: Cohort["kind"];
  readonly is_shared: boolean;
  readonly studies: StudyChoice;
}
export type InstanceList = Wire<"InstanceListOut">;
export type Header = Wire<"HeaderOut">;
export type HeaderElement = Wire<"ElementOut">;

export type IngestItem = Wire<"IngestItemOut">;
export type IngestRun = Wire<"IngestRunOut">;

export type SourceList = Wire<"SourceListOut">;
export type Source = Wire<"SourceOut">;
export type SourceSettings = Source["settings"];
export type SourceKind = SourceSettings["kind"];
export type SourceSchedule = Source["schedule"];
export type SourceRun = Wire<"SourceRunOut">;
export type SourceAnswer = Wire<"SourceTestOut">;
export type NewSource = Required<Wire<"SourceInRequest">>;
export type SourceChange = Partial<Wire<"PatchedSourcePatchRequest">>;
export type SourceTest = Wire<"SourceTestInRequest">;

/** How much has safely arrived; an outcome once the file was taken in. */
export type UploadState = Wire<"UploadOut">;

export type ExportRow = Wire<"ExportOut">;
export type ExportFormat = ExportRow["format"];
export type ExportProof = Wire<"Proof">;

export type Quarantined = Wire<"QuarantinedOut">;
export type RivalComparison = Wire<"ComparisonOut">;
export type QuarantinePage = Wire<"QuarantineListOut">;
/** Top, left, bottom, right in pixels; the last row and column lie outside. */
export type Box = readonly [number, number, number, number];

/** A de-identification policy as its document says; see docs/deidentification.md. */
export interface PolicyDocument {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  readonly applies: boolean;
  readonly options: readonly string[];
  readonly salt_id: string;
  readonly shift_days: readonly [number, number];
  readonly pixels: {
    readonly check: "likely" | "all" | "none";
    readonly blank_known: boolean;
    readonly recipes: readonly unknown[];
  };
  readonly separate_issuers: boolean;
  readonly way_back: boolean;
  readonly memory_only: boolean;
  readonly edition: string;
}
export type DeidPolicy = Omit<Wire<"PolicyOut">, "document"> & {
  readonly document: PolicyDocument;
};
export type DeidPolicyVersion = DeidPolicy & { readonly created_at: string | null };

export type PatientDetail = Wire<"PatientDetailOut">;
export type PatientStudy = Wire<"PatientStudyOut">;
export type ClinicalEntry = Wire<"ClinicalOut">;
export type ClinicalKind = ClinicalEntry["kind"];
export type ClinicalTable = Wire<"ClinicalCsvOut">;
export interface NewClinicalEntry {
  readonly kind: ClinicalKind;
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  readonly date: string | null;
}
export type RunRetry = Wire<"RunRetryOut">;
export type RunUndo = Wire<"RunUndoOut">;
