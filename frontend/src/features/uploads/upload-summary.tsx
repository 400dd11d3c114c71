import { Button, Group, Progress, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconRefresh } from "@tabler/icons-react";
import { Link } from "react-router";

import { formatBytes, formatCount } from "@/lib/format";

import type { UploadQueue } from "./upload-queue";
import classes from "./uploads.module.css";

/** All files at a glance, and the two things one may want to do about them. */
export function UploadSummary({ queue }: { readonly queue: UploadQueue }) {
  const { counts } = queue;
  const open = counts.waiting + counts.sending;
  const share = queue.totalBytes === 0 ? 1 : queue.sentBytes / queue.totalBytes;
  return (
    <section className={classes["summary"]} aria-label="Progress of the upload">
      <Group justify="space-between" mb={8}>
        <Text fw={500}>{headline(queue)}</Text>
        <Group gap={8}>
          {open > 0 && <PauseButton queue={queue} />}
          {counts.failed > 0 && (
            <Button
              size="compact-md"
              variant="default"
              leftSection={<IconRefresh size={16} />}
              onClick={() => queue.retryFailed()}
            >
              Try {formatCount(counts.failed)} again
            </Button>
          )}
          {counts.quarantined > 0 && (
            <Button size="compact-md" variant="default" component={Link} to="/quarantine">
              See what waits in quarantine
            </Button>
          )}
          {open === 0 && (
            <>
              <Button size="compact-md" variant="default" onClick={() => queue.clear()}>
                Clear the list
              </Button>
              <Button size="compact-md" component={Link} to="/studies">
                See the studies
              </Button>
            </>
          )}
        </Group>
      </Group>
      <Progress value={share * 100} size={4} aria-label="Bytes sent" />
      <Figures queue={queue} />
    </section>
  );
}

function Figures({ queue }: { readonly queue: UploadQueue }) {
  const { counts } = queue;
  return (
    <Group gap={20} mt={8} className={classes["figures"] ?? ""}>
      <span>
        {formatBytes(queue.sentBytes)} of {formatBytes(queue.totalBytes)}
      </span>
      <span>{formatCount(counts.stored)} stored</span>
      {counts.converted > 0 && <span>{formatCount(counts.converted)} converted</span>}
      {counts.kept > 0 && <span>{formatCount(counts.kept)} kept</span>}
      <span>{formatCount(counts.duplicate)} duplicate</span>
      {counts.quarantined > 0 && <span>{formatCount(counts.quarantined)} in quarantine</span>}
      <span>{formatCount(counts.rejected)} rejected</span>
      {counts.reading > 0 && <span>{formatCount(counts.reading)} being read</span>}
      {counts.failed > 0 && <span>{formatCount(counts.failed)} not sent</span>}
    </Group>
  );
}

function PauseButton({ queue }: { readonly queue: UploadQueue }) {
  return queue.isPaused ? (
    <Button
      size="compact-md"
      leftSection={<IconPlayerPlay size={16} />}
      onClick={() => queue.resume()}
    >
      Go on
    </Button>
  ) : (
    <Button
      size="compact-md"
      variant="default"
      leftSection={<IconPlayerPause size={16} />}
      onClick={() => queue.pause()}
    >
      Pause
    </Button>
  );
}

function headline(queue: UploadQueue): string {
  const { counts, items } = queue;
  const open = counts.waiting + counts.sending;
  if (open === 0) return `${formatCount(items.length)} files done`;
  const words = `${formatCount(items.length - open)} of ${formatCount(items.length)} files`;
  return queue.isPaused ? `Paused after ${words}` : `Sending: ${words}`;
}
