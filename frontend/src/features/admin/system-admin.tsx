import { Skeleton } from "@mantine/core";

import { useSystem } from "@/api/requests/system";
import { sentenceOf } from "@/api/sentence";
import type { SystemState } from "@/api/types";
import { Chip } from "@/components/chip";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";
import { formatAgo, formatBytes, formatCount, formatNumber } from "@/lib/format";
import classes from "./admin.module.css";
import { SystemCard } from "./system-card";

/** Database, broker, workers, storage: each with its state and what is known of it. */
export function SystemAdmin() {
  const system = useSystem();
  if (system.isError) {
    return <ErrorNotice message={sentenceOf(system.error)} onRetry={() => void system.refetch()} />;
  }
  if (!system.data) return <Skeleton height={300} radius={8} />;
  return <Loaded system={system.data} />;
}

function Loaded({ system }: { readonly system: SystemState }) {
  const { storage } = system;
  return (
    <>
      <p className={surfaces["panelHint"]}>
        Limn {system.version}.{" "}
        {system.is_ready ? "Every part is ready." : "A part is away; see below."}
      </p>
      <div className={classes["parts"]}>
        {Object.entries(system.parts).map(([name, part]) => (
          <SystemCard
            key={name}
            title={title(name)}
            chip={<Chip tone={part.state === "ready" ? "good" : "bad"}>{part.state}</Chip>}
            facts={[["Detail", part.detail]]}
          />
        ))}
        <SystemCard
          title="Stored images"
          facts={[
            ["Kept in", storage.kind === "s3" ? "object storage" : "a folder"],
            ["Instances", formatCount(storage.instance_count)],
            ["Size", formatBytes(storage.instance_bytes)],
            ["Free", `${formatBytes(storage.free_bytes)} of ${formatBytes(storage.total_bytes)}`],
          ]}
        />
        <SystemCard
          title="Jobs"
          facts={Object.entries(system.jobs).map(([state, n]) => [title(state), formatCount(n)])}
        />
        {system.workers.map((worker) => (
          <WorkerCard key={worker.name} worker={worker} />
        ))}
      </div>
    </>
  );
}

function WorkerCard({ worker }: { readonly worker: SystemState["workers"][number] }) {
  const known = Object.entries(worker.facts).map(
    ([name, fact]) => [title(name), written(fact)] as const,
  );
  return (
    <SystemCard
      title={worker.name}
      chip={
        <Chip tone={worker.is_alive ? "good" : "bad"}>{worker.is_alive ? "alive" : "gone"}</Chip>
      }
      facts={[
        ["Device", worker.device],
        ["Memory", `${formatNumber(worker.memory_mib / 1024, 1)} GiB`],
        ...known,
        ["Last seen", formatAgo(worker.seen_at)],
      ]}
    />
  );
}

function written(fact: unknown): string {
  return Array.isArray(fact) ? fact.join(", ") : String(fact ?? "–");
}

function title(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
