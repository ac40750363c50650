import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "e2e/**"];
const include = (infix: string): string[] => [`{apps,packages,scripts,bench}/**/*.${infix}.{ts,tsx}`];
const conditions = ["source", "node"];
// Workspace packages resolve to their TypeScript sources, as they do when the server runs: in tests and in the global set-up.
const sources = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } },
};
// They measure how soon a server answers or recovers: beside another test they would measure that one too.
const timed = ["hostile", "queue", "queue-database", "queue-worker", "apps/server/src/durability"].map(
  (name) => `**/${name}.fault.test.ts`,
);
const globalSetup = ["packages/testing/src/vitest-global-setup.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        ...sources,
        test: {
          name: "unit",
          include: [...include("test"), ...include("prop.test")],
          exclude: [...exclude, ...include("int.test"), ...include("fault.test")],
        },
      },
      {
        ...sources,
        test: {
          name: "int",
          include: include("int.test"),
          exclude,
          globalSetup,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...sources,
        test: {
          name: "fault",
          include: include("fault.test"),
          exclude: [...exclude, ...timed],
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...sources,
        test: {
          name: "fault-timed",
          include: timed,
          exclude,
          globalSetup,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // Two cores are what CI has; more workers only wait for each other's databases.
    maxWorkers: 2,
  },
});
