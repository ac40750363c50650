import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig, variables } from "./config.ts";

function problemsOf(env: Record<string, string>): readonly { variable: string; message: string }[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("loadConfig", () => {
  it("gives safe defaults for an empty environment", () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      port: 4600,
      host: "127.0.0.1",
      role: "all",
      processes: 1,
      isLabOn: false,
      logLevel: "info",
    });
    expect(config.databaseUrl).toBeUndefined();
    expect(config.trustedProxies).toEqual([]);
  });

  it("reports every problem at once, by variable", () => {
    const problems = problemsOf({
      PORT: "70000",
      DATABASE_URL: "mysql://host/db",
      SWITCHBOARD_SECRET: "short",
      SWITCHBOARD_ROLE: "boss",
      SWITCHBOARD_LIMITS: "{",
      SWITCHBOARD_TRUSTED_PROXIES: "10.0.0.0/33",
      SWITCHBOARD_RECYCLE_JITTER: "2",
      LOG_LEVEL: "loud",
    });
    expect(problems.map(({ variable }) => variable).toSorted()).toEqual([
      "DATABASE_URL",
      "LOG_LEVEL",
      "PORT",
      "SWITCHBOARD_LIMITS",
      "SWITCHBOARD_RECYCLE_JITTER",
      "SWITCHBOARD_ROLE",
      "SWITCHBOARD_SECRET",
      "SWITCHBOARD_TRUSTED_PROXIES",
    ]);
    expect(problems.find(({ variable }) => variable === "PORT")?.message).toContain("a whole number from 0 to 65535");
    expect(problems.find(({ variable }) => variable === "SWITCHBOARD_ROLE")?.message).toContain(
      "one of web, worker, all",
    );
  });

  it("refuses an unknown name under its prefix, so that a typing error does not pass as a default", () => {
    expect(problemsOf({ SWITCHBOARD_PROCESES: "4" })).toEqual([
      { variable: "SWITCHBOARD_PROCESES", message: expect.stringContaining("SWITCHBOARD_PROCESSES") as string },
    ]);
  });

  it("wants an owner's e-mail and password together", () => {
    expect(problemsOf({ SWITCHBOARD_OWNER_EMAIL: "a@b.co" })).toEqual([
      { variable: "SWITCHBOARD_OWNER_PASSWORD", message: expect.stringContaining("must be set too") as string },
    ]);
  });

  it("names the limit and the field that is wrong in SWITCHBOARD_LIMITS", () => {
    const [problem] = problemsOf({ SWITCHBOARD_LIMITS: '{"read":{"ratePerSecond":-1}}' });
    expect(problem?.message).toContain("read.ratePerSecond");
  });

  it("never shows a secret: not in a message, not inspected, not as JSON", () => {
    const [problem] = problemsOf({ SWITCHBOARD_SECRET: "hunter2" });
    expect(problem?.message).not.toContain("hunter2");
    const secret = "x".repeat(20) + "-do-not-print-this";
    const config = loadConfig({ SWITCHBOARD_SECRET: secret, DATABASE_URL: "postgres://u:hunter2@db/x" });
    expect(config.secret?.reveal()).toBe(secret);
    for (const text of [inspect(config, { depth: 5 }), JSON.stringify(config), `${config.secret?.toString()}`]) {
      expect(text).not.toContain("do-not-print");
      expect(text).not.toContain("hunter2");
    }
  });

  it("takes an empty variable as unset", () => {
    expect(loadConfig({ PORT: "", DATABASE_URL: "" })).toMatchObject({ port: 4600, databaseUrl: undefined });
  });

  it("returns a frozen object", () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config) && Object.isFrozen(config.recycle)).toBe(true);
  });

  it("has a description for each variable", () => {
    for (const [name, { about }] of Object.entries(variables)) expect(about, name).toMatch(/\.$/);
  });
});
