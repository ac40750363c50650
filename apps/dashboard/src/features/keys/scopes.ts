import { rankOf } from "../../lib/roles.ts";
import type { Role } from "../../lib/session.tsx";
import type { Outputs } from "../../lib/trpc.ts";

/** A procedure, or a prefix with what is below it. */
export interface ScopeNode {
  readonly path: string;
  /** Empty for a procedure. */
  readonly children: readonly ScopeNode[];
  /** Procedures at or below. */
  readonly count: number;
}

/** The procedures as a tree of their path segments. A prefix of a single procedure is that procedure. */
export function toScopeTree(paths: readonly string[], depth = 1): readonly ScopeNode[] {
  const groups = Map.groupBy(paths, (path) => path.split(".").slice(0, depth).join("."));
  return [...groups].map(([path, members]) => {
    const isProcedure = members.length === 1 && members[0] === path;
    return { path, count: members.length, children: isProcedure ? [] : toScopeTree(members, depth + 1) };
  });
}

/** Those whose path has the text somewhere, with the prefixes above them; a prefix that has it keeps all below it. */
export function findScopes(tree: readonly ScopeNode[], wanted: string): readonly ScopeNode[] {
  const needle = wanted.trim().toLowerCase();
  if (needle === "") return tree;
  return tree.flatMap((node) => {
    if (node.path.toLowerCase().includes(needle)) return [node];
    const children = findScopes(node.children, needle);
    return children.length > 0 ? [{ ...node, children }] : [];
  });
}

/** A scope is a prefix of whole path segments: `queue.jobs` covers `queue.jobs.list`, not `queue.jobsfoo`. */
export function isCovered(scopes: readonly string[], path: string): boolean {
  return scopes.some((scope) => path === scope || path.startsWith(`${scope}.`));
}

/** With a prefix chosen, what is below it needs no mention. */
export function toggleScope(scopes: readonly string[], path: string, isOn: boolean): readonly string[] {
  const others = scopes.filter((each) => each !== path && !each.startsWith(`${path}.`));
  return isOn ? [...others, path].toSorted() : others;
}

export type Reach =
  | { readonly kind: "allowed" }
  /** Outside of its scopes. */
  | { readonly kind: "scope" }
  /** Below the role that may. */
  | { readonly kind: "role"; readonly needs: Role };

/** Whether a key may call a procedure, by the server's own rules: the role first, then the scopes. */
export function reachOf(
  key: { readonly role: Role; readonly scopes: readonly string[] | null },
  path: string,
  roles: Outputs["access"]["roles"]["roles"],
): Reach {
  const holders = roles.filter(({ rights }) => rights.includes(path)).map(({ name }) => name);
  const needs = holders.toSorted((a, b) => rankOf(a) - rankOf(b))[0];
  if (needs === undefined || rankOf(needs) > rankOf(key.role)) return { kind: "role", needs: needs ?? "owner" };
  return { kind: key.scopes === null || isCovered(key.scopes, path) ? "allowed" : "scope" };
}
