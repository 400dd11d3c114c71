import { Group, Kbd, Modal, SimpleGrid, Text } from "@mantine/core";

import type { Command } from "./commands";

interface ShortcutSheetProps {
  readonly commands: readonly Command[];
  readonly opened: boolean;
  readonly onClose: () => void;
}

const inLists: readonly (readonly [string, string])[] = [
  ["Move through a list", "↑ ↓"],
  ["The same, without arrows", "j k"],
  ["Choose a row", "Space"],
  ["Search the list of the page", "/"],
  ["Open what is selected", "Enter"],
  ["Close a panel or dialog", "Esc"],
  ["Search and commands", "Ctrl K"],
];

/** All keys on one sheet. */
export function ShortcutSheet({ commands, opened, onClose }: ShortcutSheetProps) {
  const rows = commands.flatMap((command) =>
    command.key ? [[command.label, command.key] as const] : [],
  );
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg">
      <SimpleGrid cols={2} spacing="xl" verticalSpacing={8}>
        {[...rows, ...inLists].map(([label, keys]) => (
          <Group key={`${label}${keys}`} justify="space-between" wrap="nowrap">
            <Text size="sm">{label}</Text>
            <Group gap={4} wrap="nowrap">
              {keys.split(" ").map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="lg">
        The station has keys of its own; press ? there to see them.
      </Text>
    </Modal>
  );
}
