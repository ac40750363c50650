import { describe, expect, it } from "vitest";
import { findScopes, reachOf, toggleScope, toScopeTree } from "./scopes.ts";

const paths = ["queue.enqueue", "queue.jobs.list", "queue.jobs.retry", "users.list"];

describe("the tree of scopes", () => {
  it("has a node for each prefix and none for a procedure alone", () => {
    expect(toScopeTree(paths)).toEqual([
      {
        path: "queue",
        count: 3,
        children: [
          { path: "queue.enqueue", count: 1, children: [] },
          {
            path: "queue.jobs",
            count: 2,
            children: [
              { path: "queue.jobs.list", count: 1, children: [] },
              { path: "queue.jobs.retry", count: 1, children: [] },
            ],
          },
        ],
      },
      { path: "users", count: 1, children: [{ path: "users.list", count: 1, children: [] }] },
    ]);
  });

  it("keeps what is above a match, and all below a prefix that matches", () => {
    const found = findScopes(toScopeTree(paths), "RETRY");
    expect(found.map(({ path }) => path)).toEqual(["queue"]);
    expect(found[0]?.children.map(({ path }) => path)).toEqual(["queue.jobs"]);
    expect(findScopes(toScopeTree(paths), "queue.jobs")[0]?.children[0]?.children).toHaveLength(2);
    expect(findScopes(toScopeTree(paths), "nothing")).toEqual([]);
  });

  it("drops what a chosen prefix covers", () => {
    expect(toggleScope(["queue.jobs.list", "users.list"], "queue.jobs", true)).toEqual(["queue.jobs", "users.list"]);
    expect(toggleScope(["queue.jobs", "users.list"], "queue.jobs", false)).toEqual(["users.list"]);
  });
});

describe("what a key reaches", () => {
  const roles = [
    { name: "viewer" as const, rights: ["users.list", "users.listed"] },
    { name: "operator" as const, rights: ["users.list", "users.listed", "queue.enqueue"] },
  ];

  it("ends at the role before the scopes, as on the server", () => {
    const key = { role: "viewer" as const, scopes: ["users.list", "queue"] };
    expect(reachOf(key, "users.list", roles)).toEqual({ kind: "allowed" });
    expect(reachOf(key, "queue.enqueue", roles)).toEqual({ kind: "role", needs: "operator" });
  });

  it("does not take the start of a word for a prefix", () => {
    expect(reachOf({ role: "viewer", scopes: ["users.list"] }, "users.listed", roles)).toEqual({ kind: "scope" });
  });

  it("is all of the role without scopes", () => {
    expect(reachOf({ role: "operator", scopes: null }, "queue.enqueue", roles)).toEqual({ kind: "allowed" });
  });
});
