import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { get } from "@/api/http";
import type { IngestItem, Page } from "@/api/types";

import { ownName } from "./pack";
import { stageOf } from "./upload-item";
import type { UploadQueue } from "./upload-queue";

/**
 * Large archives are read in the background, and what is not DICOM is converted when all has
 * come; ask until each has an outcome.
 */
export function useWatchReading(queue: UploadQueue): void {
  const { runId } = queue;
  const isReading = queue.counts.reading > 0 && runId !== null;
  const { data } = useQuery({
    queryKey: ["ingest-run", runId, "items"],
    queryFn: ({ signal }) => allItems(runId ?? "", signal),
    enabled: isReading,
    refetchInterval: isReading ? 2_000 : false,
  });
  useEffect(() => {
    for (const item of queue.items) {
      if (item.stage !== "reading") continue;
      const found = data?.filter((one) => belongsTo(one, item.name)) ?? [];
      if (found.length > 0 && stageOf(found) !== "reading") queue.settle(item.name, found);
    }
  }, [data, queue]);
}

/** What lies in an archive is named after it: `study.zip/a.dcm`. */
function belongsTo(outcome: IngestItem, name: string): boolean {
  const own = ownName(outcome.name);
  return own === name || own.startsWith(`${name}/`);
}

async function allItems(runId: string, signal: AbortSignal): Promise<readonly IngestItem[]> {
  const all: IngestItem[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<IngestItem> = await get(`/api/v1/ingest-runs/${runId}/items`, {
      signal,
      query: { cursor },
    });
    all.push(...page.results);
    cursor = page.next;
  } while (cursor);
  return all;
}
