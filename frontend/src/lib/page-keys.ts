import { useEffect, useEffectEvent } from "react";

import { isTyping } from "./shortcuts";

/** Keys of one page; while it is open they come before those of the whole house. */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): void {
  const heard = useEffectEvent((event: KeyboardEvent) => {
    const run = keys[event.key];
    if (!run || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    run();
  });
  useEffect(() => {
    window.addEventListener("keydown", heard, { capture: true });
    return () => window.removeEventListener("keydown", heard, { capture: true });
  }, []);
}
