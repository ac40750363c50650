import { expect, test } from "vitest";
import { toCsv, toNdjson } from "./export.ts";
import type { User } from "./users.schema.ts";

const user: User = {
  id: "01980000-0000-7000-8000-000000000000",
  email: "ann@example.com",
  name: "Ann",
  role: "viewer",
  status: "active",
  suspendedReason: null,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  lastSeenAt: null,
};
const cellsOf = (name: string): string => toCsv([{ ...user, name }], false);

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("a name that begins like a formula (%j) becomes text", (name) => {
  expect(cellsOf(name)).toContain(`,'${name},viewer,`);
});

test("quotes, commas and line ends are quoted, a formula among them too", () => {
  expect(cellsOf('Ann "A", B')).toContain(',"Ann ""A"", B",viewer,');
  expect(cellsOf('=HYPERLINK("x")')).toContain(`,"'=HYPERLINK(""x"")",viewer,`);
});

test("only the first chunk has the header", () => {
  expect(toCsv([], true)).toBe("id,email,name,role,status,createdAt,lastSeenAt\r\n");
  expect(toCsv([user], false).split("\r\n")).toHaveLength(2);
});

test("each line of NDJSON is one person", () => {
  expect(
    toNdjson([user, user])
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as User),
  ).toEqual([user, user]);
});
