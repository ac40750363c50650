import { expect, test } from "vitest";
import { findStep, isSameText, toCode, toStep } from "./totp.ts";

/** Of RFC 6238, appendix B, cut to six digits. */
const SECRET = "12345678901234567890";

test.each([
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
])("at %i seconds the code is %s", (seconds, code) => {
  expect(toCode(SECRET, toStep(seconds * 1000))).toBe(code);
});

test("a code is found one step before and after its own, and no further", () => {
  const nowMs = 1_234_567_890_000;
  const step = toStep(nowMs);
  for (const offset of [-1, 0, 1]) expect(findStep(SECRET, toCode(SECRET, step + offset), nowMs)).toBe(step + offset);
  for (const offset of [-2, 2]) expect(findStep(SECRET, toCode(SECRET, step + offset), nowMs)).toBeUndefined();
  expect(findStep(SECRET, "", nowMs)).toBeUndefined();
});

test("texts are compared by their bytes", () => {
  expect(isSameText("äbc", "äbc")).toBe(true);
  expect(isSameText("abc", "abd")).toBe(false);
  expect(isSameText("abc", "abcd")).toBe(false);
});
