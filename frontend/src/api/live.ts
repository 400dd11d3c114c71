import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { LiveConnection, type LiveEvent } from "./live-connection";

export const liveConnection = new LiveConnection();

/** Load again what a piece of news may have changed. */
export function useLiveTopics(topics: readonly string[]): void {
  const client = useQueryClient();
  const wanted = topics.join(",");
  useEffect(() => {
    if (!wanted) return;
    return liveConnection.subscribe(wanted.split(","), (event) => {
      for (const queryKey of keysOf(event)) void client.invalidateQueries({ queryKey });
    });
  }, [client, wanted]);
}

/** How often to ask while no news arrives; not at all while it does. */
export function usePollInterval(milliseconds: number): number | false {
  const connected = useSyncExternalStore(
    liveConnection.onStateChange,
    () => liveConnection.connected,
  );
  return connected ? false : milliseconds;
}

function keysOf(event: LiveEvent): readonly QueryKey[] {
  const [kind, id] = event.topic.split(":");
  if (kind === "*") return [[]];
  if (kind === "project") return [["project", id], ["project-counts"], ["home"], ["jobs"]];
  if (kind === "job") return [["jobs"], ["job", id], ["sources"]];
  return [["home"], ["jobs"], ["projects"], ["project-counts"]];
}
