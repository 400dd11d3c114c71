import { Button } from "@mantine/core";
import { IconChecks, IconSeeding } from "@tabler/icons-react";
import { Link } from "react-router";

import type { Home } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import surfaces from "@/components/surfaces.module.css";

/** No task: say why, and what may be done. */
export function NothingToDo({ home }: { readonly home: Home }) {
  return (
    <div className={surfaces["panel"]}>
      {home.projects.length === 0 ? <NoProjects /> : <AllDone />}
    </div>
  );
}

function NoProjects() {
  return (
    <EmptyPlace
      icon={IconSeeding}
      title="Three steps to the first label"
      action={
        <div style={{ display: "flex", gap: 8 }}>
          <Button component={Link} to="/uploads">
            Upload images
          </Button>
          <Button component={Link} to="/projects/new" variant="default">
            New project
          </Button>
        </div>
      }
    >
      Upload DICOM images, make a project that says what to label, and press Next task. If a
      colleague already has a project, ask them to add you.
    </EmptyPlace>
  );
}

function AllDone() {
  return (
    <EmptyPlace
      icon={IconChecks}
      title="Nothing is open for you"
      action={
        <Button component={Link} to="/projects" variant="default">
          See the projects
        </Button>
      }
    >
      Every task of your projects is submitted, or in somebody else's hands. More studies make more
      tasks; returned ones come back here by themselves.
    </EmptyPlace>
  );
}
