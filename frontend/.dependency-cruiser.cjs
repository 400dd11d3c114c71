// Which room of the front end may import which. Each rule's name says what it protects.
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: `^src/${from}/`, pathNot: "\\.test\\.tsx?$" },
  to: { path: "^src/", pathNot: `^src/(${allowed.join("|")})(/|$)` },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "features-do-not-know-each-other", // compose them in src/app
      severity: "error",
      from: { path: "^src/features/([^/]+)/" },
      to: { path: "^src/features/", pathNot: "^src/features/$1/" },
    },
    only("features-use-shared-code-only", "features", [
      "features",
      "components",
      "viewer-core",
      "geometry",
      "api",
      "lib",
    ]),
    only("viewer-core-stands-alone", "viewer-core", ["viewer-core", "geometry", "lib"]),
    only("geometry-is-a-leaf", "geometry", ["geometry"]),
    only("api-is-a-leaf", "api", ["api", "lib"]),
    only("components-are-generic", "components", ["components", "lib"]),
    only("lib-is-a-leaf", "lib", ["lib"]),
    {
      name: "viewer-core-has-no-react",
      severity: "error",
      from: { path: "^src/(viewer-core|geometry)/" },
      to: { path: "node_modules/(react|@tanstack)" },
    },
    {
      name: "only-viewer-core-talks-to-cornerstone",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/viewer-core/" },
      to: { path: "@cornerstonejs/" },
    },
    {
      name: "tests-are-not-imported",
      severity: "error",
      from: { path: "^src/", pathNot: "(^src/testing/|\\.test\\.tsx?$)" },
      to: { path: "(^src/testing/|\\.test\\.tsx?$)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
