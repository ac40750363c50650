import { expect, test } from "vitest";
import { passwordSchema } from "../trpc/roles.ts";
import { policyOutput } from "./access.schema.ts";
import { toPolicy } from "./policy.ts";

test("the policy names what asks for a fresh proof, and whether it always does", () => {
  const policy = toPolicy([
    { path: "users.list", access: "viewer" },
    { path: "users.delete", access: "admin", stepUp: true },
    { path: "users.update", access: "admin", stepUp: "byInput" },
  ]);
  expect(policyOutput.parse(policy)).toEqual(policy);
  expect(policy.stepUp.procedures).toEqual([
    { path: "users.delete", always: true },
    { path: "users.update", always: false },
  ]);
});

test("the lengths of a password are those that one is checked by", () => {
  const { minLength, maxLength } = toPolicy([]).password;
  const isAllowed = (length: number): boolean => passwordSchema.safeParse("x".repeat(length)).success;
  expect([minLength - 1, minLength, maxLength, maxLength + 1].map(isAllowed)).toEqual([false, true, true, false]);
});
