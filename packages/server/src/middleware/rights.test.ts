import { describe, expect, it } from "vitest";
import type { Principal } from "../trpc/context.ts";
import type { Call } from "./chain.ts";
import { isInScope, requireRight } from "./rights.ts";

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
