import { Button, Popover } from "@mantine/core";
import { useState } from "react";

import { useRemoveSource } from "@/api/requests/remove-source";
import { sentenceOf } from "@/api/sentence";
import type { Source } from "@/api/types";

import classes from "./sources.module.css";

interface RemoveSourceProps {
  readonly source: Source;
  readonly onDone: () => void;
}

/** Forget a source, after a second word. */
export function RemoveSource({ source, onDone }: RemoveSourceProps) {
  const [isOpen, setOpen] = useState(false);
  const remove = useRemoveSource();
  return (
    <Popover opened={isOpen} onChange={setOpen} position="top-end" trapFocus withinPortal={false}>
      <Popover.Target>
        <Button ml="auto" variant="subtle" c="var(--limn-bad)" onClick={() => setOpen(!isOpen)}>
          Remove
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes["remove"]}>
          <p>
            Everything it brought stays. What was taken is forgotten: a source added again brings
            the same files again, as duplicates.
          </p>
          {remove.isError && <p role="alert">{sentenceOf(remove.error)}</p>}
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate(source.id, { onSuccess: onDone })}
          >
            Remove this source
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
