import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";

const dist = path.dirname(createRequire(import.meta.url).resolve("@trpc/server"));

/** The text of each function that runs once or more for every call, by its name and the file it is in. */
function readHotFunctions(): Map<string, string> {
  const files = readdirSync(dist).filter((file) => /^initTRPC-.*\.[cm]js$/.test(file));
  return new Map(
    files.flatMap((file) => {
      const text = readFileSync(path.join(dist, file), "utf8");
      return ["createInputMiddleware", "createOutputMiddleware", "callRecursive"].map((name): [string, string] => [
        `${name} of ${path.extname(file)}`,
        new RegExp(`^(?:async )?function ${name}\\([\\s\\S]*?^}`, "m").exec(text)?.[0] ?? "",
      ]);
    }),
  );
}

test("the installed tRPC spreads natively wherever a call passes", () => {
  const functions = readHotFunctions();
  expect([...functions.keys()].toSorted()).toEqual([
    "callRecursive of .cjs",
    "callRecursive of .mjs",
    "createInputMiddleware of .cjs",
    "createInputMiddleware of .mjs",
    "createOutputMiddleware of .cjs",
    "createOutputMiddleware of .mjs",
  ]);
  for (const [name, text] of functions) {
    expect(text, `${name}: patches/@trpc__server no longer fits`).toContain("{ ...");
    expect(text, `${name}: patches/@trpc__server no longer fits`).not.toMatch(/objectSpread|Object\.assign/);
  }
});

test("a context that holds a member called __proto__ is copied, not given another prototype", async () => {
  const t = initTRPC.context<Record<string, unknown>>().create();
  const context = JSON.parse('{"__proto__": {"role": "owner"}, "own": 1}') as Record<string, unknown>;
  const seen = t.procedure
    .use(({ next }) => next({ ctx: { added: 2 } }))
    .query(({ ctx }) => ({ names: Object.keys(ctx), role: (ctx as { role?: unknown }).role }));
  const caller = t.createCallerFactory(t.router({ seen }))(context);
  expect(await caller.seen()).toEqual({ names: ["__proto__", "own", "added"], role: undefined });
});
