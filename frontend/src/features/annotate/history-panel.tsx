import { useQuery } from "@tanstack/react-query";

import type { Id } from "@/api/types";
import type { Station } from "@/viewer-core/station";

import { revisions } from "./calls";
import classes from "./panels.module.css";
import { RevisionRow } from "./revision-row";
import { useStore } from "./use-store";

interface HistoryPanelProps {
  readonly station: Station;
  readonly documentId: Id;
  readonly onRestore: (number: number) => void;
}

/** The revisions on the server, newest first: hovering shows one, a click goes back to it. */
export function HistoryPanel({ station, documentId, onRestore }: HistoryPanelProps) {
  const status = useStore(station.sync.status);
  const head = station.sync.headNumber;
  const list = useQuery({
    queryKey: ["revisions", documentId, head, status.kind],
    queryFn: () => revisions(documentId),
    placeholderData: (previous) => previous,
  });
  return (
    <section className={classes["panel"]} aria-label="History">
      <h2>History</h2>
      {list.data?.results.length === 0 && <p className={classes["hint"]}>Nothing is saved yet.</p>}
      {list.isError && <p className={classes["warning"]}>The history cannot be read just now.</p>}
      <ul className={classes["history"]}>
        {list.data?.results.map((row) => (
          <RevisionRow
            key={row.number}
            station={station}
            documentId={documentId}
            row={row}
            isHead={row.number === head}
            onRestore={onRestore}
          />
        ))}
      </ul>
    </section>
  );
}
