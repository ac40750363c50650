import { spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "./run-step.ts";

/** In the order in which they need each other's declarations. */
const packages = ["db", "trpc-fast-lane", "server", "client"];
/** What a client of the router must not have to load to check its types. */
const FOREIGN = /node_modules\/(@prisma|pg|@types\/pg|pg-boss|better-auth|fastify)\//;

const tsc = (...args: string[]): { readonly isOk: boolean; readonly output: string } => {
  const result = spawnSync(path.join(root, "node_modules/.bin/tsc"), args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { isOk: result.status === 0, output: result.stdout };
};

let clientFiles: string[] = [];
for (const name of packages) {
  const { isOk, output } = tsc("-p", `packages/${name}/tsconfig.build.json`, "--listFiles");
  clientFiles = output.split("\n");
  if (isOk) continue;
  console.error(clientFiles.filter((line) => line.includes("error TS")).join("\n"));
  process.exit(1);
}
const foreign = clientFiles.filter((file) => FOREIGN.test(file));
if (!clientFiles.some((file) => file.endsWith("packages/server/dist/router.d.ts"))) {
  console.error(
    "The client's check did not read the router, so it proves nothing about what the router's type drags in.",
  );
  process.exit(1);
}
if (foreign.length > 0) {
  console.error(
    `A client's type check reads ${foreign.length} files of the server's own dependencies, first ${foreign[0]}`,
  );
  process.exit(1);
}
