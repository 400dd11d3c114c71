import { useEffect, useState } from "react";

import { isTyping } from "@/lib/shortcuts";

/** Whether a key is being held down, outside fields and buttons. */
export function useHeldKey(key: string): boolean {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    function onDown(event: KeyboardEvent) {
      const onButton = event.target instanceof Element && event.target.closest("button, a, label");
      if (event.key !== key || isTyping(event) || onButton) return;
      event.preventDefault();
      setHeld(true);
    }
    function onUp(event: KeyboardEvent) {
      if (event.key === key) setHeld(false);
    }
    window.addEventListener("keydown", onDown);
    window.addEventListener("keyup", onUp);
    return () => {
      window.removeEventListener("keydown", onDown);
      window.removeEventListener("keyup", onUp);
    };
  }, [key]);
  return isHeld;
}
