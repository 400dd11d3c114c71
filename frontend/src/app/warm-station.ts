const STATION = /^\/work\/[^/]+/;
const PATIENCE_MS = 2000;

function load(): void {
  void import("@/features/annotate/open-station");
  void import("@/features/annotate/station-page");
}

/** Where the address is a task's, fetch the station's code while the session is asked for. */
export function warmStationAtItsAddress(): void {
  if (STATION.test(window.location.pathname)) load();
}

/** Fetch the station's code when nothing else goes on, so that "Next task" need not wait for it. */
export function warmStationWhenIdle(): void {
  if ("requestIdleCallback" in window) window.requestIdleCallback(load);
  else setTimeout(load, PATIENCE_MS);
}
