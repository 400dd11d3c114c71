import { nameOfState, toneOfState } from "@/lib/task-words";

import { Chip } from "./chip";

/** Where a task stands. */
export function StateChip({ state }: { readonly state: string }) {
  return <Chip tone={toneOfState(state)}>{nameOfState(state)}</Chip>;
}
