import { expect, test } from "vitest";
import { readTyped } from "./typed-filter.ts";

test.each([
  ["input.user.id = 42", { where: ["input.user.id = 42"] }],
  ["tag: billing", { tag: "billing" }],
  ["tries >= 3", { attempts: 3 }],
  ["tries > 3", { attempts: 4 }],
  ["created >= 2026-11-23T14:00Z", { from: "2026-11-23T14:00:00.000Z" }],
  ["created < 2026-11-23T14:00Z", { to: "2026-11-23T14:00:00.000Z" }],
  ["SMTP 451", { q: "SMTP 451" }],
  // A sentence that only begins like a name is text.
  ["tries < 3", { q: "tries < 3" }],
])("%j is understood", (text, part) => expect(readTyped(text, {})[0]?.part).toEqual(part));

test("another condition joins those that are there, once", () => {
  const search = { where: ["input.a = 1"] };
  expect(readTyped("input.b = 2", search)[0]?.part).toEqual({ where: ["input.a = 1", "input.b = 2"] });
  expect(readTyped("input.a = 1", search)[0]?.part).toEqual({ where: ["input.a = 1"] });
});

test("a path that is half typed is not taken for text", () => {
  expect(readTyped("input.us", {})).toEqual([]);
});
