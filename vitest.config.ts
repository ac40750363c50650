import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "e2e/**"];
const include = (infix: string): string[] => [`{apps,packages,scripts}/**/*.${infix}.{ts,tsx}`];
// Workspace packages resolve to their TypeScript sources, as they do when the server runs.
const resolve = { conditions: ["source", "node", "import", "default"] };
const ssr = { resolve: { conditions: ["source", "node", "import", "default"] } };
const globalSetup = ["packages/testing/src/vitest-global-setup.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: [...include("test"), ...include("prop.test")],
          exclude: [...exclude, ...include("int.test"), ...include("fault.test")],
        },
      },
      {
        resolve,
        ssr,
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
        resolve,
        ssr,
        test: {
          name: "fault",
          include: include("fault.test"),
          exclude,
          globalSetup,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // Two cores are what CI has; more workers only wait for each other's databases.
    maxWorkers: 2,
  },
});
