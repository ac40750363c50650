import { expect, test } from "vitest";
import { readArguments } from "./admin-arguments.ts";

test("an address is enough: the role is owner", () => {
  expect(readArguments(["ann@desk.test"])).toEqual({
    kind: "run",
    input: { email: "ann@desk.test", role: "owner" },
    isDemo: false,
  });
  expect(readArguments(["--role", "admin", "--name", " Ann ", "ann@desk.test", "--demo"])).toEqual({
    kind: "run",
    input: { email: "ann@desk.test", role: "admin", name: "Ann" },
    isDemo: true,
  });
});

test("help wins over everything else", () => {
  expect(readArguments(["--help", "--role", "viewer"])).toEqual({ kind: "help" });
  expect(readArguments(["-h"])).toEqual({ kind: "help" });
});

test.each([
  [[], "An e-mail address is missing."],
  [["not-an-address"], '"not-an-address" is no e-mail address.'],
  [["a@desk.test", "b@desk.test"], "One e-mail address at a time."],
  [["a@desk.test", "--role", "viewer"], "--role is owner or admin."],
  [["a@desk.test", "--name", " "], "--name is empty."],
  [["a@desk.test", "--rank", "owner"], expect.stringContaining("Unknown option '--rank'")],
  [["a@desk.test", "--name"], expect.stringContaining("--name <value>")],
])("%j is refused with what is wrong", (args, problem) => {
  expect(readArguments(args)).toEqual({ kind: "wrong", problem });
});
