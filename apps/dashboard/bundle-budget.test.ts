import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { findOver } from "./bundle-budget.ts";

type Bundle = Parameters<typeof findOver>[0];

/** Text that gzip can hardly make smaller: of `sizeBytes` about three quarters are left. */
const noise = (sizeBytes: number): string => randomBytes((sizeBytes * 3) / 4).toString("base64");
const chunk = (fileName: string, sizeBytes: number, more: object = {}) => ({
  type: "chunk",
  fileName,
  code: noise(sizeBytes),
  imports: [],
  isEntry: false,
  viteMetadata: { importedCss: new Set<string>() },
  ...more,
});
const bundleOf = (...outputs: { fileName: string }[]): Bundle =>
  Object.fromEntries(outputs.map((output) => [output.fileName, output])) as unknown as Bundle;

it("finds nothing while every part is within its budget", () => {
  const entry = chunk("main.js", 100_000, { isEntry: true, imports: ["shared.js"] });
  expect(findOver(bundleOf(entry, chunk("shared.js", 100_000), chunk("page.js", 50_000)))).toEqual([]);
});

it("adds up what the entry imports, whatever chunk it is in", () => {
  const entry = chunk("main.js", 200_000, { isEntry: true, imports: ["shared.js"] });
  const over = findOver(bundleOf(entry, chunk("shared.js", 200_000, { imports: ["main.js"] })));
  expect(over).toHaveLength(1);
  expect(over[0]).toMatch(/^The JavaScript of the first page has \d+ bytes after gzip, \d+ too many\.$/);
});

it("names a chunk that is fetched later and too large, and does not count it to the first page", () => {
  const entry = chunk("main.js", 250_000, { isEntry: true });
  const over = findOver(bundleOf(entry, chunk("UsersPage.js", 70_000)));
  expect(over).toHaveLength(1);
  expect(over[0]).toContain("UsersPage.js");
});

it("adds up the style sheets of the first page", () => {
  const entry = chunk("main.js", 1000, { isEntry: true, viteMetadata: { importedCss: new Set(["main.css"]) } });
  const css = { type: "asset", fileName: "main.css", source: noise(70_000) };
  expect(findOver(bundleOf(entry, css))[0]).toMatch(/^The CSS of the first page/);
});
