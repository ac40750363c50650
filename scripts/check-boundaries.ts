import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./run-step.ts";

const cruise = (...targets: string[]): { readonly isClean: boolean; readonly output: string } => {
  const program = path.join(root, "node_modules/.bin/depcruise");
  const result = spawnSync(program, ["--config", ".dependency-cruiser.cjs", ...targets], {
    cwd: root,
    encoding: "utf8",
  });
  return { isClean: result.status === 0, output: `${result.stdout}${result.stderr}` };
};

// A planted violation must be found first: a cruiser that cannot read our TypeScript finds nothing and says all is well.
const canary = path.join(root, "packages/server/src/users/boundary-canary.ts");
writeFileSync(
  canary,
  'import { jobStateSchema } from "../queue/queue.schema.ts";\nexport const canary = jobStateSchema;\n',
);
let planted: ReturnType<typeof cruise>;
try {
  planted = cruise(path.relative(root, canary));
} finally {
  rmSync(canary);
}
if (planted.isClean || !planted.output.includes("features-do-not-know-each-other")) {
  console.error(`The planted violation was not found, so the check proves nothing:\n${planted.output}`);
  process.exit(1);
}
const result = cruise(
  "apps/server/src",
  "apps/dashboard/src",
  "bench",
  ...["server", "client", "db", "trpc-fast-lane", "testing"].map((name) => `packages/${name}/src`),
);
console.log(result.output.trim());
process.exit(result.isClean ? 0 : 1);
