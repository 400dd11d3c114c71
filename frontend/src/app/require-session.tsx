import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Navigate, Outlet, useLocation } from "react-router";

import { onSignedOut } from "@/api/http";
import { sessionQuery, useSession } from "@/api/requests/session";
import { sentenceOf } from "@/api/sentence";
import { ErrorNotice } from "@/components/error-notice";

/** Pages for signed-in people; others are sent to sign in, and come back after. */
export function RequireSession() {
  const session = useSession();
  const location = useLocation();
  useForgetEndedSession();
  if (session.isPending) return null;
  if (session.isError) {
    return (
      <ErrorNotice message={sentenceOf(session.error)} onRetry={() => void session.refetch()} />
    );
  }
  if (session.data.user === null) {
    const from = location.pathname + location.search;
    return <Navigate to={`/sign-in?to=${encodeURIComponent(from)}`} replace />;
  }
  return <Outlet />;
}

function useForgetEndedSession(): void {
  const client = useQueryClient();
  useEffect(
    () => onSignedOut(() => void client.invalidateQueries({ queryKey: sessionQuery.queryKey })),
    [client],
  );
}
