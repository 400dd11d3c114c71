import { useState } from "react";

import { useAudit } from "@/api/requests/audit";
import { sentenceOf } from "@/api/sentence";
import type { AuditEvent } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { FilterChips } from "@/components/filter-chips";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { formatMoment } from "@/lib/format";

import classes from "./admin.module.css";
import { auditKinds, wordsOfDetails, wordsOfVerb } from "./audit-words";

const columns: readonly Column<AuditEvent>[] = [
  {
    key: "at",
    header: "When",
    width: "120px",
    cell: (event) => <time dateTime={event.at}>{formatMoment(event.at)}</time>,
  },
  {
    key: "who",
    header: "Who",
    width: "minmax(120px, 0.7fr)",
    cell: (event) => <bdi>{event.actor?.name ?? "Limn"}</bdi>,
  },
  {
    key: "what",
    header: "What",
    width: "minmax(160px, 1fr)",
    cell: (event) => <span title={event.verb}>{wordsOfVerb(event.verb)}</span>,
  },
  {
    key: "target",
    header: "Id of the thing",
    width: "110px",
    cell: (event) => <code title={event.target_id}>{event.target_id.slice(0, 8)}</code>,
  },
  {
    key: "details",
    header: "Details",
    width: "minmax(160px, 1.6fr)",
    cell: ({ details }) => <span title={wordsOfDetails(details)}>{wordsOfDetails(details)}</span>,
  },
];

/** Who did what and when; only to be read. */
export function AuditAdmin() {
  const [verb, setVerb] = useState("");
  const audit = useAudit(verb);
  const rows = audit.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <div className={classes["audit"]}>
      <FilterChips
        label="Kind"
        options={auditKinds.map((kind) => ({ ...kind }))}
        value={verb}
        onChange={setVerb}
      />
      {audit.isError && (
        <ErrorNotice message={sentenceOf(audit.error)} onRetry={() => void audit.refetch()} />
      )}
      <VirtualTable<AuditEvent>
        label="Audit record"
        columns={columns}
        rows={rows}
        rowKey={(event) => event.id}
        rowHeight={36}
        onEnd={() => audit.hasNextPage && !audit.isFetching && void audit.fetchNextPage()}
        isLoading={audit.isPending}
        empty={<p>Nothing of this kind has happened.</p>}
      />
    </div>
  );
}
