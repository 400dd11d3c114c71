import { Button, Skeleton } from "@mantine/core";
import { IconTag, IconUser } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";

import { useProjects } from "@/api/requests/projects";
import { useStudy } from "@/api/requests/study";
import { sentenceOf } from "@/api/sentence";
import type { Series, StudyDetail } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";
import { WarningSentence } from "@/components/warning-sentence";
import { formatDay, plural } from "@/lib/format";
import { nameOfSource } from "@/lib/sources";

import { HeaderViewer } from "./header-viewer";
import { SeriesCard } from "./series-card";
import classes from "./studies.module.css";
import { TagChips } from "./tag-chips";
import { TagMenu } from "./tag-menu";

/** One study: who, when, its series with pictures, and what to know before trusting them. */
export function StudyPanel({ id }: { readonly id: string }) {
  const study = useStudy(id);
  if (study.isError) {
    return <ErrorNotice message={sentenceOf(study.error)} onRetry={() => void study.refetch()} />;
  }
  if (!study.data) return <Skeleton height={420} radius={8} />;
  return <Loaded study={study.data} />;
}

function Loaded({ study }: { readonly study: StudyDetail }) {
  const [series, setSeries] = useState<Series | null>(null);
  return (
    <>
      <h2 className={classes["panelTitle"]} dir="auto">
        {study.description || "No description"}
      </h2>
      <div className={classes["panelTools"]}>
        <Button
          component={Link}
          to={`/patients/${study.patient.id}`}
          size="compact-sm"
          variant="default"
          leftSection={<IconUser size={15} stroke={1.6} />}
        >
          All of this patient
        </Button>
        <TagMenu
          choice={() => ({ study_ids: [study.id] })}
          carried={study.tags.map((tag) => tag.id)}
        >
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconTag size={15} stroke={1.6} />}
          >
            Tag
          </Button>
        </TagMenu>
        <TagChips tags={study.tags} />
      </div>
      <Facts study={study} />
      {study.warnings.map((warning) => (
        <WarningSentence key={warning}>{warning}</WarningSentence>
      ))}
      <ul className={classes["series"]} aria-label="Series">
        {study.series.map((one) => (
          <SeriesCard key={one.id} series={one} onHeader={() => setSeries(one)} />
        ))}
      </ul>
      <HeaderViewer series={series} onClose={() => setSeries(null)} />
    </>
  );
}

function Facts({ study }: { readonly study: StudyDetail }) {
  return (
    <dl className={surfaces["facts"]}>
      <dt>Patient</dt>
      <dd>
        <bdi>{study.patient.patient_id}</bdi>
        {study.patient.name && (
          <>
            {" · "}
            <bdi>{study.patient.name}</bdi>
          </>
        )}
      </dd>
      <dt>Sex, born</dt>
      <dd>
        {study.patient.sex || "–"}, {formatDay(study.patient.birth_date)}
      </dd>
      <dt>Date</dt>
      <dd>{formatDay(study.date)}</dd>
      {study.accession && (
        <>
          <dt>Accession</dt>
          <dd>{study.accession}</dd>
        </>
      )}
      <dt>Holds</dt>
      <dd>
        {plural(study.series_count, "series", "series")},{" "}
        {plural(study.instance_count, "image", "images")}
      </dd>
      <dt>Came in</dt>
      <dd>
        {formatDay(study.created_at)}
        {study.sources.length > 0 && `, ${study.sources.map(nameOfSource).join(", ")}`}
      </dd>
      <Projects ids={study.audience_ids} />
      <dt>Study UID</dt>
      <dd className={classes["uid"]}>{study.uid}</dd>
    </dl>
  );
}

/** The projects this study is in, as far as one takes part in them. */
export function Projects({ ids }: { readonly ids: readonly string[] }) {
  const projects = useProjects();
  const own = projects.data?.filter((project) => ids.includes(project.id)) ?? [];
  if (own.length === 0) return null;
  return (
    <>
      <dt>In projects</dt>
      <dd>
        {own.map((project, place) => (
          <span key={project.id}>
            {place > 0 && ", "}
            <Link to={`/projects/${project.id}`}>
              <bdi>{project.name}</bdi>
            </Link>
          </span>
        ))}
      </dd>
    </>
  );
}
