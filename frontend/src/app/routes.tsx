import type { ComponentType } from "react";
import { createBrowserRouter, Navigate, type RouteObject } from "react-router";

import { RequireSession } from "./require-session";
import { RouteFault } from "./route-fault";
import { Shell } from "./shell";

/** Load a page's code when it is first visited. */
function page<Name extends string>(
  load: () => Promise<Record<Name, ComponentType>>,
  name: Name,
): () => Promise<{ Component: ComponentType }> {
  return async () => ({ Component: (await load())[name] });
}

const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/work" replace /> },
  { path: "work", lazy: page(() => import("@/features/worklist/work-page"), "WorkPage") },
  { path: "studies", lazy: page(() => import("@/features/studies/studies-page"), "StudiesPage") },
  {
    path: "uploads/:runId",
    lazy: page(() => import("@/features/uploads/run-page"), "RunPage"),
  },
  {
    path: "patients/:patientId",
    lazy: page(() => import("@/features/patients/patient-page"), "PatientPage"),
  },
  {
    path: "quarantine",
    lazy: page(() => import("@/features/quarantine/quarantine-page"), "QuarantinePage"),
  },
  { path: "uploads", lazy: page(() => import("@/features/uploads/uploads-page"), "UploadsPage") },
  {
    path: "projects",
    lazy: page(() => import("@/features/projects/projects-page"), "ProjectsPage"),
  },
  {
    path: "projects/new",
    lazy: page(() => import("@/features/projects/new-project-page"), "NewProjectPage"),
  },
  {
    path: "projects/:projectId/:tab?",
    lazy: page(() => import("@/app/project-route"), "ProjectRoute"),
  },
  { path: "models", lazy: page(() => import("@/features/models/models-page"), "ModelsPage") },
  {
    path: "releases",
    lazy: page(() => import("@/features/releases/releases-page"), "ReleasesPage"),
  },
  {
    path: "releases/:releaseId",
    lazy: page(() => import("@/features/releases/release-page"), "ReleasePage"),
  },
  { path: "admin/:tab?", lazy: page(() => import("@/features/admin/admin-page"), "AdminPage") },
  {
    path: "account/password",
    lazy: page(() => import("@/features/account/password-page"), "PasswordPage"),
  },
  {
    path: "account/tokens",
    lazy: page(() => import("@/features/account/tokens-page"), "TokensPage"),
  },
  { path: "*", lazy: page(() => import("./not-found"), "NotFound") },
];

export function createAppRouter() {
  return createBrowserRouter([
    {
      path: "/sign-in",
      lazy: page(() => import("@/features/account/sign-in-page"), "SignInPage"),
      ErrorBoundary: RouteFault,
      HydrateFallback: Blank,
    },
    {
      Component: RequireSession,
      ErrorBoundary: RouteFault,
      HydrateFallback: Blank,
      children: [
        {
          path: "/work/:taskId",
          lazy: page(() => import("@/features/annotate/station-route"), "StationRoute"),
        },
        { path: "/", Component: Shell, children: [{ ErrorBoundary: RouteFault, children: pages }] },
      ],
    },
  ]);
}

/** Nothing, in the colour of the page, for the instant before the first code is there. */
function Blank() {
  return null;
}
