import { Button, Menu } from "@mantine/core";
import { IconFolderPlus, IconTag } from "@tabler/icons-react";

import { may } from "@/api/project-permissions";
import { useProjects } from "@/api/requests/projects";
import { formatCount, plural } from "@/lib/format";

import { useAddToProject } from "./add-to-project";
import classes from "./studies.module.css";
import { mostChosen, type Ticks } from "./study-ticks";
import { TagMenu } from "./tag-menu";

interface BulkBarProps {
  readonly ticks: Ticks;
  readonly total: number | undefined;
  readonly onSave: () => void;
}

/** What may be done to all chosen studies at once. */
export function BulkBar({ ticks, total, onSave }: BulkBarProps) {
  if (ticks.count === 0) return null;
  return (
    <section className={classes["bulk"]} aria-label="Actions for the chosen studies">
      <strong role="status">{plural(ticks.count, "study", "studies")} chosen</strong>
      {!ticks.isAll && total !== undefined && total > ticks.count && total <= mostChosen && (
        <Button size="compact-md" variant="subtle" onClick={ticks.chooseAll}>
          Choose all {formatCount(total)} that match
        </Button>
      )}
      <ProjectMenu ticks={ticks} />
      <TagMenu choice={ticks.choice} mayTake>
        <Button
          size="compact-md"
          variant="default"
          leftSection={<IconTag size={16} stroke={1.6} />}
        >
          Tag
        </Button>
      </TagMenu>
      <Button size="compact-md" variant="default" onClick={onSave}>
        Save as a cohort
      </Button>
      <Button size="compact-md" variant="subtle" color="gray" onClick={ticks.clear}>
        Choose none
      </Button>
    </section>
  );
}

function ProjectMenu({ ticks }: { readonly ticks: Ticks }) {
  const projects = useProjects();
  const { add, progress } = useAddToProject();
  const open = projects.data?.filter((one) => may(one, "add_units")) ?? [];
  return (
    <>
      <Menu position="top-start" shadow="md" width={280}>
        <Menu.Target>
          <Button
            size="compact-md"
            loading={progress !== null}
            leftSection={<IconFolderPlus size={16} stroke={1.6} />}
          >
            Add to a project
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflow: "auto" }}>
          {open.length === 0 && <Menu.Label>You manage no project yet.</Menu.Label>}
          {open.map((project) => (
            <Menu.Item key={project.id} onClick={() => void add(project, ticks.choice())}>
              <bdi>{project.name}</bdi>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {progress && progress.total > 0 && (
        <span role="status">
          {formatCount(progress.done)} of {formatCount(progress.total)} added
        </span>
      )}
    </>
  );
}
