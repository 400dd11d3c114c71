const SLICE_MS = 6;

/** Let the browser paint and hear the user, then go on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** Call the result between pieces of long work: it pauses whenever a slice of time is used up. */
export function breathe(sliceMs: number = SLICE_MS): () => Promise<void> {
  let started = performance.now();
  return async () => {
    if (performance.now() - started < sliceMs) return;
    await nextTurn();
    started = performance.now();
  };
}
