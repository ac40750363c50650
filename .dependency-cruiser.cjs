// Import direction: apps -> packages; in the server: server.ts -> features -> middleware, trpc -> platform.
// Folders are matched by shape, not by name, so that the next feature is guarded without a line here.
const LAYERS = "platform|trpc|middleware|http";

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "packages-know-no-app",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^apps/" },
    },
    {
      name: "nobody-knows-the-benchmarks",
      severity: "error",
      from: { path: "^(apps|packages)/" },
      to: { path: "^bench/" },
    },
    {
      name: "platform-knows-no-feature",
      severity: "error",
      from: { path: "^packages/server/src/platform/" },
      to: { path: "^packages/server/src/(?!platform/)" },
    },
    {
      name: "chain-knows-no-feature",
      severity: "error",
      from: { path: "^packages/server/src/(trpc|middleware)/" },
      to: { path: `^packages/server/src/(?!(${LAYERS})/)` },
    },
    {
      name: "features-do-not-know-each-other",
      severity: "error",
      from: {
        path: "^packages/server/src/([^/]+)/",
        pathNot: `^packages/server/src/(${LAYERS})/|\\.(test|prop|int|fault|fixture)\\.`,
      },
      to: {
        path: "^packages/server/src/[^/]+/",
        pathNot: `^packages/server/src/($1|platform|trpc|middleware)/`,
      },
    },
    {
      name: "dashboard-takes-the-server-as-a-type",
      severity: "error",
      from: { path: "^apps/dashboard/" },
      to: { path: "^(packages/(server|db|testing)|apps/server)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "client-takes-the-server-as-a-type",
      severity: "error",
      from: { path: "^packages/client/", pathNot: "\\.(test|int\\.test)\\.ts$" },
      to: { path: "^(packages/(server|db|testing)|apps)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "production-knows-no-tests",
      severity: "error",
      from: {
        path: "^(apps|packages)/",
        pathNot: "^packages/testing/|\\.(test|prop|int|fault|fixture|fault-child)\\.|^apps/server/src/demo/",
      },
      to: { path: "^packages/testing/" },
    },
    { name: "everything-resolves", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "\\.css$" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|generated)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "types", "import", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".mjs"],
    },
  },
};
