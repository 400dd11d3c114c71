import { notifications } from "@mantine/notifications";

import { sentenceOf } from "@/api/sentence";

/** At the top: the bar of actions lies at the bottom, where other notices come. */
const place = {
  closeButtonProps: { "aria-label": "Close this notice" },
  position: "top-center",
} as const;

export function tell(message: string): void {
  notifications.show({ message, ...place });
}

export function tellError(error: unknown): void {
  notifications.show({ message: sentenceOf(error), color: "red", ...place });
}
