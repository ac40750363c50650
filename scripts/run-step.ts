import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Step {
  readonly name: string;
  /** Program and arguments; programs of node_modules/.bin are found. */
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one step with its output on ours. Resolves to whether it ended with 0; a signal to us reaches it too. */
export async function runStep(step: Step): Promise<boolean> {
  const startedMs = performance.now();
  console.log(`\n> ${step.name}`);
  const [program, ...args] = step.command;
  const child = spawn(program, args, {
    cwd: step.cwd ?? root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env["PATH"] ?? ""}`, ...step.env },
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGINT", forward).on("SIGTERM", forward);
  const code = await new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
    child.once("error", (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(null);
    });
  });
  process.off("SIGINT", forward).off("SIGTERM", forward);
  console.log(
    `  ${code === 0 ? "ok" : `FAILED (${code ?? "did not run"})`}, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
  );
  return code === 0;
}
