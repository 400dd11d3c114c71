import { Button } from "@mantine/core";
import { useState } from "react";

import { useAddUnits } from "@/api/requests/add-units";
import { sentenceOf } from "@/api/sentence";
import { ErrorNotice } from "@/components/error-notice";
import { plural } from "@/lib/format";

import classes from "../projects.module.css";
import { StudyPicker } from "../study-picker";

/** More studies into a running project; what is already in is not added twice. */
export function AddStudies({ projectId }: { readonly projectId: string }) {
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const add = useAddUnits();
  function submit() {
    add.mutate({ projectId, studyIds: chosen }, { onSuccess: () => setOpen(false) });
  }
  return (
    <section className={classes["add"]} aria-label="Studies">
      <h2>Studies</h2>
      {!isOpen && (
        <Button variant="default" onClick={() => setOpen(true)}>
          Add studies
        </Button>
      )}
      {isOpen && (
        <>
          <StudyPicker chosen={chosen} onChange={setChosen} />
          {add.isError && <ErrorNotice message={sentenceOf(add.error)} />}
          <Button mt={12} disabled={chosen.length === 0} loading={add.isPending} onClick={submit}>
            Add {plural(chosen.length, "study", "studies")}
          </Button>
        </>
      )}
    </section>
  );
}
