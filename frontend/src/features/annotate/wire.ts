import type { components } from "@/api/schema.gen";
import type { Answer, Shape } from "@/viewer-core/change";

type Schemas = components["schemas"];
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type Wire<Name extends keyof Schemas> = Frozen<Schemas[Name]>;

/** How a segment came about; what the contract has a default for is always sent. */
type SegmentOrigin = Required<Wire<"SegmentOrigin">>;

/**
 * A document at one of its revisions. The contract leaves shapes and answers open, because a
 * project's schema decides about them.
 */
export type DocumentState = Omit<Wire<"DocumentState">, "objects" | "answers" | "provenance"> & {
  readonly objects: readonly Shape[];
  readonly provenance: { readonly segments?: Readonly<Record<string, SegmentOrigin>> };
  readonly answers: Readonly<Record<string, Answer | null>>;
};

export type InteractiveModel = Wire<"InteractiveModel">;

/** Everything to start working at once. `lock` is null where there is only looking. */
export type TaskOpen = Omit<Wire<"TaskOpen">, "document" | "proposal"> & {
  readonly document: DocumentState;
  readonly proposal: DocumentState | null;
};

export type NextAnswer = Omit<Wire<"NextOut">, "task_open"> & {
  readonly task_open: TaskOpen | null;
};

export type SubmitAnswer = Omit<Wire<"SubmitOut">, "next"> & { readonly next: TaskOpen | null };

/** A rule of the schema that the work does not meet yet; it travels inside a problem document. */
export interface RuleProblem {
  readonly code: string;
  readonly message: string;
  readonly segment?: number | null;
  readonly question?: string | null;
}

export type RevisionRow = Wire<"RevisionRow">;
export type FeaturesAnswer = Wire<"FeaturesOut">;
export type FrameToken = Wire<"FrameTokenOut">;
export type RevisionNumber = Pick<Wire<"RevisionOut">, "number">;
