import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconBookmarks, IconList, IconShare, IconTrash } from "@tabler/icons-react";

import { useCohorts, useDeleteCohort, useShareCohort } from "@/api/requests/cohorts";
import type { Cohort } from "@/api/types";
import { formatCount } from "@/lib/format";

import { tellError } from "./notices";
import classes from "./studies.module.css";
import type { StudyView } from "./study-view";

interface CohortMenuProps {
  readonly view: StudyView;
  readonly onSave: () => void;
}

/** Saved cohorts: go to one, save what is shown as a new one. */
export function CohortMenu({ view, onSave }: CohortMenuProps) {
  const cohorts = useCohorts();
  const chosen = cohorts.data?.find((cohort) => cohort.id === view.one("cohort"));
  return (
    <Menu position="bottom-end" width={320} shadow="md">
      <Menu.Target>
        <button type="button" className={classes["cohorts"]}>
          <IconBookmarks size={17} stroke={1.6} aria-hidden />
          <span dir="auto">{chosen?.name ?? "Cohorts"}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {cohorts.data?.length === 0 && (
          <Menu.Label>A cohort is a filter or a list of studies that you keep.</Menu.Label>
        )}
        {cohorts.data?.map((cohort) => (
          <Menu.Item
            key={cohort.id}
            leftSection={<IconList size={16} stroke={1.6} />}
            rightSection={<Facts cohort={cohort} />}
            onClick={() => open(view, cohort)}
          >
            <bdi>{cohort.name}</bdi>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onSave}>Save what is shown as a cohort…</Menu.Item>
        {chosen && <OwnCohort cohort={chosen} onGone={view.clear} />}
      </Menu.Dropdown>
    </Menu>
  );
}

function open(view: StudyView, cohort: Cohort): void {
  if (cohort.filter) view.show(cohort.filter);
  else view.change({ cohort: cohort.id });
}

function Facts({ cohort }: { readonly cohort: Cohort }) {
  const size = cohort.study_count === null ? "filter" : formatCount(cohort.study_count);
  return <span className={classes["count"]}>{cohort.is_shared ? `${size}, shared` : size}</span>;
}

function OwnCohort({ cohort, onGone }: { readonly cohort: Cohort; readonly onGone: () => void }) {
  const share = useShareCohort();
  const remove = useDeleteCohort();
  if (!cohort.may_change) return null;
  return (
    <div className={classes["ownCohort"]}>
      <Tooltip label={cohort.is_shared ? "Share it no longer" : "Let everybody use it"}>
        <ActionIcon
          variant={cohort.is_shared ? "filled" : "default"}
          aria-label={cohort.is_shared ? "Share it no longer" : "Let everybody use it"}
          onClick={() =>
            share.mutate({ id: cohort.id, isShared: !cohort.is_shared }, { onError: tellError })
          }
        >
          <IconShare size={16} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Remove this cohort; its studies stay">
        <ActionIcon
          variant="default"
          aria-label="Remove this cohort"
          onClick={() => remove.mutate(cohort.id, { onSuccess: onGone, onError: tellError })}
        >
          <IconTrash size={16} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
