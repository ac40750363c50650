import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(new URL("../../node_modules/@trpc/server", import.meta.url));
const patches = fileURLToPath(new URL("../../patches", import.meta.url));

/**
 * Copies tRPC into a folder as its authors publish it: the one installed here has our patch in it, and would be faster than what it is
 * compared as. Raises an Error when the copy is not what they publish. Answers its folder.
 */
export function copyStockTrpc(dir: string): string {
  const to = `${dir}/trpc-stock`;
  cpSync(realpathSync(installed), to, { recursive: true });
  for (const patch of readdirSync(patches).filter((name) => name.startsWith("@trpc__server@"))) {
    execFileSync("git", ["apply", "--reverse", `${patches}/${patch}`], {
      cwd: to,
      // Inside of a repository it would take the paths for those of the repository, and change nothing without a word.
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dir },
    });
  }
  if (!isStockTrpc(to)) throw new Error(`${to} is not tRPC as it is published: taking the patch back changed nothing.`);
  return to;
}

export const installedTrpc = installed;

/** Whether each step of a call copies its options by the function that the published build has for it. */
export function isStockTrpc(dir: string): boolean {
  const bodies = readdirSync(`${dir}/dist`)
    .filter((name) => /^initTRPC-.*\.mjs$/.test(name))
    .map((name) => /async function callRecursive[\s\S]*?\n}/.exec(readFileSync(`${dir}/dist/${name}`, "utf8"))?.[0]);
  if (bodies.length === 0 || bodies.includes(undefined)) throw new Error(`${dir} has no callRecursive where it was.`);
  return bodies.every((body) => body?.includes("_objectSpread2"));
}
