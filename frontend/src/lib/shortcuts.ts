interface Bound {
  readonly key: string | null;
  readonly run: () => void;
}

const sequenceMs = 900;

/** Finds the command a typed key belongs to, also for sequences such as "g w". */
export class ShortcutReader {
  #pending = "";
  #pendingAt = 0;

  read(event: KeyboardEvent, commands: readonly Bound[]): Bound | null {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return null;
    const fresh = event.timeStamp - this.#pendingAt < sequenceMs;
    const typed = this.#pending && fresh ? `${this.#pending} ${event.key}` : event.key;
    const found = commands.find((command) => command.key === typed);
    const begins = commands.some((command) => command.key?.startsWith(`${typed} `));
    this.#pending = !found && begins ? typed : "";
    this.#pendingAt = event.timeStamp;
    return found ?? null;
  }
}

/** Keys typed into a field, or while a dialog is open, belong to it. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  return target.closest("input, textarea, select, [role='dialog'], [role='menu']") !== null;
}
