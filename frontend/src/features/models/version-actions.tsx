import { Button, Tooltip } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";

import { useChangeModelStatus } from "@/api/requests/change-model-status";
import { sentenceOf } from "@/api/sentence";
import type { ModelVersion } from "@/api/types";

import { titleOf } from "./model-words";

/** Let a version propose, or stop it. */
export function VersionActions({ version }: { readonly version: ModelVersion }) {
  const change = useChangeModelStatus();
  const isActive = version.status === "active";
  function run() {
    change.mutate(
      { id: version.id, verb: isActive ? "retire" : "activate" },
      { onError: (error) => notifications.show({ message: sentenceOf(error), color: "red" }) },
    );
  }
  if (version.status === "preparing" || version.status === "failed") return null;
  return (
    <Tooltip
      label={
        isActive
          ? "New tasks come without a proposal; what was proposed stays"
          : "Score what is left, propose in new tasks, and order the queue anew"
      }
    >
      <Button
        size="compact-sm"
        variant={isActive ? "default" : "filled"}
        loading={change.isPending}
        onClick={() => (isActive ? confirmRetire(version, run) : run())}
      >
        {isActive ? "Retire" : "Activate"}
      </Button>
    </Tooltip>
  );
}

function confirmRetire(version: ModelVersion, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: `Retire ${titleOf(version)}?`,
    children: "It stops proposing. Nothing is deleted, and it can be activated again.",
    labels: { confirm: "Retire", cancel: "Keep it" },
    onConfirm,
  });
}
