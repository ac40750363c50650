import { describe, expect, test } from "vitest";
import { createLogger, type Logger } from "./logger.ts";

function openLog(): { readonly log: Logger; lines(): Record<string, unknown>[] } {
  const lines: string[] = [];
  const log = createLogger("info", { write: (line) => void lines.push(line) });
  return { log, lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test("secrets are left out of a line, at its top and one below, and what was logged stays as it is", () => {
  const { log, lines } = openLog();
  const fields = { password: "hunter2", user: { token: "t0ken", name: "Ada" }, count: 1 };

  log.child({ secret: "s3cret", requestId: "r1" }).info("call", fields);

  expect(lines()).toMatchObject([
    {
      event: "call",
      secret: "[redacted]",
      requestId: "r1",
      password: "[redacted]",
      user: { token: "[redacted]", name: "Ada" },
      count: 1,
    },
  ]);
  expect(JSON.stringify(lines())).not.toMatch(/hunter2|t0ken|s3cret/);
  expect(fields).toEqual({ password: "hunter2", user: { token: "t0ken", name: "Ada" }, count: 1 });
});

test("an error is written with its message and stack, without its secrets", () => {
  const { log, lines } = openLog();

  log.error("failed", { err: Object.assign(new Error("no such table"), { code: "42P01", key: "k3y" }) });

  expect(lines()).toMatchObject([
    { err: { type: "Error", message: "no such table", code: "42P01", key: "[redacted]" } },
  ]);
  expect(lines()[0]).toHaveProperty("err.stack", expect.stringContaining("logger.test.ts"));
});

describe("a compiled line", () => {
  test("is what the same fields would be otherwise", () => {
    const { log, lines } = openLog();
    const fields = { path: "users.list", principal: 'A "b" \\ \u0001 é 简 🙂 \ud800', durationMs: 1.5 };

    log.child({ requestId: "r1" }).compile("call", Object.keys(fields))(Object.values(fields));
    log.child({ requestId: "r1" }).info("call", fields);

    const [compiled, usual] = lines();
    expect({ ...compiled, time: usual?.["time"] }).toEqual(usual);
    expect(compiled?.["time"]).toBeTypeOf("number");
  });

  test("leaves out what is undefined", () => {
    const { log, lines } = openLog();
    log.compile("call", ["principal", "code"])([undefined, "OK"]);
    expect(lines()[0]).not.toHaveProperty("principal");
    expect(lines()[0]).toHaveProperty("code", "OK");
  });

  test("takes no name of a secret, and no line that the level leaves out", () => {
    const { log } = openLog();
    expect(() => log.compile("call", ["path", "token"])).toThrow("token");
    const written: string[] = [];
    createLogger("warn", { write: (line) => void written.push(line) }).compile("call", ["path"])(["x"]);
    expect(written).toEqual([]);
  });
});
