import { Skeleton } from "@mantine/core";
import { IconBrain } from "@tabler/icons-react";

import { useModels } from "@/api/requests/models";
import { useSession } from "@/api/requests/session";
import { sentenceOf } from "@/api/sentence";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { HowToAdd } from "./how-to-add";
import classes from "./models.module.css";
import { VersionActions } from "./version-actions";
import { VersionCard } from "./version-card";

/** Every model version: those that propose, and those that answer prompts. */
export function ModelsPage() {
  const models = useModels();
  const isAdmin = useSession().data?.user?.is_admin ?? false;
  const interactive = models.data?.filter((version) => version.family === "sam") ?? [];
  const trained = models.data?.filter((version) => version.family !== "sam") ?? [];
  return (
    <div className={surfaces["page"]}>
      <PageHead title="Models" />
      {models.isError && (
        <ErrorNotice message={sentenceOf(models.error)} onRetry={() => void models.refetch()} />
      )}
      {models.isPending && <Skeleton height={220} radius={8} />}
      {models.data && (
        <>
          <h2 className={classes["section"]} style={{ marginTop: 0 }}>
            Trained here
          </h2>
          {trained.length === 0 && (
            <EmptyPlace icon={IconBrain} title="No model was trained yet">
              Submit a few tasks of a project, then press Train in its Model tab.
            </EmptyPlace>
          )}
          <div className={classes["cards"]}>
            {trained.map((version) => (
              <VersionCard key={version.id} version={version} />
            ))}
          </div>
          <h2 className={classes["section"]}>For smart click</h2>
          <div className={classes["cards"]}>
            {interactive.map((version) => (
              <VersionCard
                key={version.id}
                version={version}
                actions={isAdmin && <VersionActions version={version} />}
              />
            ))}
            <HowToAdd />
          </div>
        </>
      )}
    </div>
  );
}
