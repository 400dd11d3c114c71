import { Button, Group, Modal, Text, Textarea } from "@mantine/core";
import { useState } from "react";

interface ConflictDialogProps {
  readonly isShowingTheirs: boolean;
  readonly onShow: (theirs: boolean) => void;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

/** Two states of one task: both can be looked at, and neither is lost before somebody chooses. */
export function ConflictBar(props: ConflictDialogProps) {
  const { isShowingTheirs, onShow, onKeepMine, onTakeTheirs } = props;
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="sm">
        This task was saved elsewhere meanwhile. You are looking at{" "}
        <b>{isShowingTheirs ? "what is on the server" : "your own labels"}</b>.
      </Text>
      <Button size="compact-sm" variant="default" onClick={() => onShow(!isShowingTheirs)}>
        {isShowingTheirs ? "Show mine" : "Show theirs"}
      </Button>
      <Button size="compact-sm" onClick={onKeepMine}>
        Keep mine, on top of theirs
      </Button>
      <Button size="compact-sm" variant="subtle" color="red" onClick={onTakeTheirs}>
        Take theirs, drop mine
      </Button>
    </Group>
  );
}

interface ReasonDialogProps {
  readonly title: string;
  readonly question: string;
  readonly action: string;
  readonly isRequired: boolean;
  readonly onClose: () => void;
  readonly onConfirm: (reason: string) => void;
}

/** Ask for a reason in words. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { title, question, action, isRequired, onClose, onConfirm } = props;
  const [reason, setReason] = useState("");
  const isReady = !isRequired || reason.trim() !== "";
  return (
    <Modal opened onClose={onClose} title={title}>
      <Textarea
        label={question}
        autosize
        minRows={3}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Back
        </Button>
        <Button disabled={!isReady} onClick={() => onConfirm(reason.trim())}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
