import { describe, expect, it, vi } from "vitest";
import type { Principal } from "../trpc/context.ts";
import type { Call } from "./chain.ts";
import { isInScope, requireRight, requireStepUp } from "./rights.ts";

const call = (access: Call["meta"]["access"]): Call => ({
  path: "users.delete",
  type: "mutation",
  meta: { access, limit: "write", description: "x" },
});
const principal = (role: Principal["role"], scopes?: string[]): Principal => ({
  kind: scopes ? "key" : "session",
  userId: "u",
  email: "a@b.co",
  name: "A",
  role,
  credentialId: "c",
  ...(scopes ? { scopes } : {}),
});

describe("requireRight", () => {
  it("lets anybody call what is public", () => {
    expect(() => requireRight(undefined, call("public"))).not.toThrow();
  });

  it("asks a stranger to sign in", () => {
    expect(() => requireRight(undefined, call("viewer"))).toThrow(expect.objectContaining({ kind: "UNAUTHORIZED" }));
  });

  it("lets a role call what is its own or below", () => {
    expect(() => requireRight(principal("admin"), call("admin"))).not.toThrow();
    expect(() => requireRight(principal("owner"), call("admin"))).not.toThrow();
  });

  it("says which right is missing and who has it", () => {
    expect(() => requireRight(principal("operator"), call("admin"))).toThrow(
      expect.objectContaining({
        code: "RIGHT_MISSING",
        details: { right: "users.delete", needs: "admin", has: "operator" },
      }),
    );
  });

  it("holds a key to its scopes whatever its role", () => {
    expect(() => requireRight(principal("owner", ["queue"]), call("admin"))).toThrow(
      expect.objectContaining({ code: "SCOPE_MISSING" }),
    );
    expect(() => requireRight(principal("owner", ["users.delete"]), call("admin"))).not.toThrow();
  });
});

describe("isInScope", () => {
  it("compares whole segments of the path", () => {
    expect(isInScope(["queue.jobs"], "queue.jobs.list")).toBe(true);
    expect(isInScope(["queue.job"], "queue.jobs.list")).toBe(false);
    expect(isInScope([], "queue.jobs.list")).toBe(false);
    expect(isInScope(undefined, "queue.jobs.list")).toBe(true);
  });
});

describe("requireStepUp", () => {
  const destructive = (stepUp: true | "byInput" = true): Call => ({
    ...call("admin"),
    meta: { ...call("admin").meta, stepUp },
  });
  const proven = { ...principal("admin"), isVerified: true };
  const stale = { ...principal("admin"), isVerified: false };
  const refusal = expect.objectContaining({
    kind: "FORBIDDEN",
    code: "STEP_UP_REQUIRED",
    details: { withinSeconds: 600 },
  });

  it("lets a proven session and any key through without asking again", async () => {
    const again = vi.fn(() => Promise.resolve(undefined));
    expect(await requireStepUp(proven, destructive(), again)).toBe(proven);
    const key = principal("admin", ["users"]);
    expect(await requireStepUp(key, destructive(), again)).toBe(key);
    expect(again).not.toHaveBeenCalled();
  });

  it("refuses a session that was not proven lately, and one of which that is unknown", async () => {
    await expect(requireStepUp(stale, destructive(), () => Promise.resolve(stale))).rejects.toThrow(refusal);
    const unknown = principal("admin");
    await expect(requireStepUp(unknown, destructive(), () => Promise.resolve(unknown))).rejects.toThrow(refusal);
  });

  it("believes the database over its memory: the step-up may have reached another process", async () => {
    expect(await requireStepUp(stale, destructive(), () => Promise.resolve(proven))).toBe(proven);
    const demoted = { ...proven, role: "viewer" } as const;
    await expect(requireStepUp(stale, destructive(), () => Promise.resolve(demoted))).rejects.toThrow(
      expect.objectContaining({ code: "RIGHT_MISSING" }),
    );
    await expect(requireStepUp(stale, destructive(), () => Promise.resolve(undefined))).rejects.toThrow(
      expect.objectContaining({ code: "UNAUTHENTICATED" }),
    );
  });

  it("leaves the decision to a procedure that makes it by its input", async () => {
    expect(await requireStepUp(stale, destructive("byInput"), () => Promise.resolve(stale))).toBe(stale);
  });
});
