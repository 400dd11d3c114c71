import { Skeleton } from "@mantine/core";

import { may } from "@/api/project-permissions";
import { useProjectModels } from "@/api/requests/project-models";
import { useTrainingRuns } from "@/api/requests/training-runs";
import { sentenceOf } from "@/api/sentence";
import type { ModelVersion, Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";

import { CompareVersions } from "./compare-versions";
import classes from "./models.module.css";
import { TrainPanel } from "./train-panel";
import { VersionActions } from "./version-actions";
import { VersionCard } from "./version-card";

/** The project's own model: train it, watch it learn, let a version propose. */
export function ModelTab({ project }: { readonly project: Project }) {
  const models = useProjectModels(project.id);
  const runs = useTrainingRuns(project.id);
  const problem = models.error ?? runs.error;
  const mayActivate = may(project, "activate");
  return (
    <div className={classes["stack"]}>
      {problem && <ErrorNotice message={sentenceOf(problem)} />}
      <TrainPanel project={project} runs={runs.data ?? []} />
      <CompareVersions versions={models.data?.filter(isOwn) ?? []} />
      {models.isPending && <Skeleton height={200} radius={8} />}
      <div className={classes["cards"]}>
        {models.data?.filter(isOwn).map((version) => (
          <VersionCard
            key={version.id}
            version={version}
            actions={mayActivate && <VersionActions version={version} />}
          />
        ))}
      </div>
    </div>
  );
}

/** Smart-click models serve every project and are looked after on the Models page. */
function isOwn(version: ModelVersion): boolean {
  return version.project_id !== null;
}
