import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as Trpc from "@trpc/server";
import { afterEach, expect, test } from "vitest";
import { copyStockTrpc, installedTrpc, isStockTrpc } from "./stock-trpc.ts";

const dirs: string[] = [];
const makeDir = (): string => {
  const dir = mkdtempSync(path.join(tmpdir(), "stock-trpc-"));
  dirs.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

test("the copy is what tRPC publishes, and the one that is installed is not", () => {
  expect(isStockTrpc(installedTrpc)).toBe(false);
  expect(isStockTrpc(copyStockTrpc(makeDir()))).toBe(true);
});

test("the copy answers calls", async () => {
  const { initTRPC } = (await import(`${copyStockTrpc(makeDir())}/dist/index.mjs`)) as typeof Trpc;
  const t = initTRPC.create();
  const router = t.router({ ping: t.procedure.query(() => ({ done: true })) });
  expect(await router.createCaller({}).ping()).toEqual({ done: true });
});

test("a build without the function that is looked at is an error, and no guess", () => {
  const dir = makeDir();
  cpSync(realpathSync(installedTrpc), dir, { recursive: true });
  const [, file = ""] = /from "\.\/(initTRPC-[^"]+\.mjs)"/.exec(readFileSync(`${dir}/dist/index.mjs`, "utf8")) ?? [];
  const text = readFileSync(`${dir}/dist/${file}`, "utf8");
  writeFileSync(`${dir}/dist/${file}`, text.replaceAll("callRecursive", "callSteps"));
  expect(() => isStockTrpc(dir)).toThrow(/no callRecursive/);
});
