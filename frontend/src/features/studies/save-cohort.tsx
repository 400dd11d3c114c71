import { Button, Checkbox, Group, Modal, Radio, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { useCreateCohort } from "@/api/requests/cohorts";
import { sentenceOf } from "@/api/sentence";
import type { Cohort, StudyChoice } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { plural } from "@/lib/format";

interface SaveCohortProps {
  /** What becomes the cohort; null keeps the dialog closed. */
  readonly choice: StudyChoice | null;
  readonly count: number;
  readonly onClose: () => void;
  readonly onSaved: (cohort: Cohort) => void;
}

/** Keep a filter or a list of studies under a name. */
export function SaveCohort({ choice, onClose, ...rest }: SaveCohortProps) {
  return (
    <Modal opened={choice !== null} onClose={onClose} title="Save as a cohort">
      {choice && <Form choice={choice} onClose={onClose} {...rest} />}
    </Modal>
  );
}

function Form({ choice, count, onClose, onSaved }: SaveCohortProps & { choice: StudyChoice }) {
  const create = useCreateCohort();
  const isFilter = choice.filter !== undefined;
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Cohort["kind"]>(isFilter ? "filter" : "list");
  const [isShared, setShared] = useState(false);
  const listWords = `The list of these ${plural(count, "study", "studies")}, as they are now`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const body = { name, kind, is_shared: isShared, studies: choice };
        create.mutate(body, {
          onSuccess: (cohort) => {
            onSaved(cohort);
            onClose();
          },
        });
      }}
    >
      <Stack gap="md">
        <TextInput
          data-autofocus
          label="Name"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {isFilter && (
          <Radio.Group
            label="What it holds"
            value={kind}
            onChange={(value) => setKind(value as Cohort["kind"])}
          >
            <Stack gap={8} mt={6}>
              <Radio value="filter" label="Whatever the filter finds, also later" />
              <Radio value="list" label={listWords} />
            </Stack>
          </Radio.Group>
        )}
        <Checkbox
          label="Let everybody use it; each sees only the studies they may see"
          checked={isShared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        {create.isError && <ErrorNotice message={sentenceOf(create.error)} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!name.trim()} loading={create.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
