import { Skeleton } from "@mantine/core";
import { Link, useParams } from "react-router";
import { usePatient } from "@/api/requests/patient";
import { useProjects } from "@/api/requests/projects";
import { sentenceOf } from "@/api/sentence";
import type { PatientDetail, PatientStudy } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { Thumbnail } from "@/components/thumbnail";
import { formatDay, plural } from "@/lib/format";

import { ClinicalData } from "./clinical-data";
import classes from "./patients.module.css";
import { Timeline } from "./timeline";

/** A patient: every study in time, and what is known beside the images. */
export function PatientPage() {
  const { patientId = "" } = useParams();
  const patient = usePatient(patientId);
  return (
    <div className={surfaces["page"]}>
      {patient.isError && (
        <ErrorNotice message={sentenceOf(patient.error)} onRetry={() => void patient.refetch()} />
      )}
      {patient.isPending && <Skeleton height={480} radius={8} />}
      {patient.data && <Loaded patient={patient.data} />}
    </div>
  );
}

function Loaded({ patient }: { readonly patient: PatientDetail }) {
  return (
    <>
      <PageHead
        title="Patient"
        beside={
          <span className={classes["who"]}>
            <bdi>{patient.patient_id || "No patient ID"}</bdi>
            {patient.name && patient.name !== patient.patient_id && (
              <>
                {" · "}
                <bdi>{patient.name}</bdi>
              </>
            )}
            {patient.sex && ` · ${patient.sex}`}
            {patient.birth_date && ` · born ${formatDay(patient.birth_date)}`}
          </span>
        }
      />
      <div className={classes["columns"]}>
        <section aria-labelledby="patient-studies">
          <h2 id="patient-studies" className={surfaces["panelTitle"]}>
            {plural(patient.studies.length, "study", "studies")}
          </h2>
          <Timeline studies={patient.studies} />
          <ul className={classes["studies"]}>
            {[...patient.studies].reverse().map((study) => (
              <StudyLine key={study.id} study={study} />
            ))}
          </ul>
        </section>
        <ClinicalData patientId={patient.id} />
      </div>
    </>
  );
}

function StudyLine({ study }: { readonly study: PatientStudy }) {
  const projects = useProjects();
  const own = projects.data?.filter((one) => study.audience_ids.includes(one.id)) ?? [];
  return (
    <li>
      <Link to={`/studies?study=${study.id}`} className={classes["study"]}>
        <Thumbnail src={study.thumbnail_url} alt="" width={64} height={64} />
        <span className={classes["words"]}>
          <strong dir="auto">{study.description || "No description"}</strong>
          <span>
            {formatDay(study.date)} · {study.modalities.join(", ")} ·{" "}
            {plural(study.series_count, "series", "series")},{" "}
            {plural(study.instance_count, "image", "images")}
          </span>
          {own.length > 0 && (
            <span>
              In <bdi>{own.map((one) => one.name).join(", ")}</bdi>
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}
