import { useRouteError } from "react-router";

import { ErrorNotice } from "@/components/error-notice";

/** A page that could not be shown: its code did not load, or it broke. */
export function RouteFault() {
  const error = useRouteError();
  return <ErrorNotice message={explain(error)} onRetry={() => window.location.reload()} />;
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  if (/import|module|chunk/i.test(message)) {
    return "This page could not be loaded. The network may be down, or Limn was updated; load it again.";
  }
  return `This page stopped: ${message || "no reason was given"}. What was saved is safe; load it again.`;
}
