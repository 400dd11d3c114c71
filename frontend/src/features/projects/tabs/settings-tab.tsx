import { Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { may } from "@/api/project-permissions";
import { useUpdateProject } from "@/api/requests/update-project";
import { sentenceOf } from "@/api/sentence";
import type { Project, ProjectPolicy } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import classes from "../projects.module.css";
import { AddStudies } from "./add-studies";

const strategies: readonly {
  readonly value: ProjectPolicy["strategy"];
  readonly label: string;
}[] = [
  { value: "uncertainty_diversity", label: "Where the model is unsure, and cases differ" },
  { value: "uncertainty", label: "Where the model is most unsure" },
  { value: "random", label: "Random order, the honest baseline" },
  { value: "in_order", label: "In the order they came" },
];

/** How work is chosen, proposed and learned from. */
export function SettingsTab({ project }: { readonly project: Project }) {
  const [name, setName] = useState(project.name);
  const [policy, setPolicy] = useState(project.policy);
  const update = useUpdateProject();
  const isManager = may(project, "edit");
  function change(part: Partial<ProjectPolicy>) {
    setPolicy((old) => ({ ...old, ...part }));
  }
  return (
    <div className={classes["form"]}>
      <fieldset disabled={!isManager} className={classes["settings"]}>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Which task comes next"
          data={strategies.map((one) => ({ ...one }))}
          allowDeselect={false}
          disabled={!isManager}
          value={policy.strategy}
          onChange={(value) => value && change({ strategy: value as ProjectPolicy["strategy"] })}
        />
        <Switch
          label="Show the active model's proposal in new tasks"
          checked={policy.preannotate}
          onChange={(event) => change({ preannotate: event.currentTarget.checked })}
        />
        <NumberInput
          label="Train again after this many newly submitted tasks (0: only by hand)"
          min={0}
          value={policy.retrain_after}
          onChange={(value) => typeof value === "number" && change({ retrain_after: value })}
        />
        <Switch
          label="Let a new version propose by itself where it is not worse on held-out patients"
          checked={policy.auto_activate}
          onChange={(event) => change({ auto_activate: event.currentTarget.checked })}
        />
        <NumberInput
          label="Percent of submitted tasks that wait for a reviewer (0: none)"
          min={0}
          max={100}
          value={policy.review_percent}
          onChange={(value) => typeof value === "number" && change({ review_percent: value })}
        />
        <NumberInput
          label="Minutes a task stays reserved without a sign of life"
          min={1}
          value={policy.lease_minutes}
          onChange={(value) => typeof value === "number" && change({ lease_minutes: value })}
        />
      </fieldset>
      {update.isError && <ErrorNotice message={sentenceOf(update.error)} />}
      {isManager && (
        <>
          <div className={classes["bar"]}>
            <Button
              disabled={!name.trim()}
              loading={update.isPending}
              onClick={() =>
                update.mutate({ id: project.id, change: { name: name.trim(), policy } })
              }
            >
              Save
            </Button>
            <p className={classes["note"]} role="status">
              {update.isSuccess && "Saved."}
            </p>
          </div>
          <AddStudies projectId={project.id} />
        </>
      )}
    </div>
  );
}
