import { prepare } from "./prepare.ts";
import { runStep, type Step } from "./run-step.ts";

export const quickSteps: readonly Step[] = [
  { name: "Format", command: ["oxfmt", "--check"] },
  { name: "Lint", command: ["oxlint", "--deny-warnings"] },
  { name: "Types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "Types of the dashboard", command: ["tsc", "-p", "apps/dashboard/tsconfig.json"] },
  { name: "Types of the journeys", command: ["tsc", "-p", "e2e/tsconfig.json"] },
  { name: "Packages as published", command: ["node", "scripts/build-packages.ts"] },
  { name: "Import direction", command: ["node", "scripts/check-boundaries.ts"] },
  { name: "Dead code", command: ["knip", "--no-config-hints"] },
  { name: "Generated docs", command: ["node", "--conditions=source", "scripts/generate-docs.ts", "--check"] },
];

/** Runs every step, so that one run shows all that is wrong. Resolves to the names of those that failed. */
export async function runAll(steps: readonly Step[]): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) if (!(await runStep(step))) failed.push(step.name);
  return failed;
}

if (import.meta.main) {
  await prepare(["prisma"]);
  const failed = await runAll([...quickSteps, { name: "Unit tests", command: ["vitest", "run", "--project", "unit"] }]);
  if (failed.length > 0) console.error(`\nFailed: ${failed.join(", ")}`);
  process.exit(failed.length > 0 ? 1 : 0);
}
