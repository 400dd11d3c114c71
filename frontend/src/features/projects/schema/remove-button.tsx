import { ActionIcon, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";

interface RemoveButtonProps {
  readonly name: string;
  readonly onClick: () => void;
}

export function RemoveButton({ name, onClick }: RemoveButtonProps) {
  return (
    <Tooltip label={`Remove ${name}`}>
      <ActionIcon size={32} aria-label={`Remove ${name}`} onClick={onClick}>
        <IconTrash size={17} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}
