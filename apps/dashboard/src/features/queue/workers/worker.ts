import type { Outputs } from "../../../lib/trpc.ts";

export type Fleet = Outputs["queue"]["workers"]["list"];
export type WorkerRow = Fleet["items"][number];
export type WorkerState = "running" | "quiet" | "stale";

/** A process that was not seen for long is stale whatever it was told before. */
export function stateOf({ isStale, quietedAt }: Pick<WorkerRow, "isStale" | "quietedAt">): WorkerState {
  if (isStale) return "stale";
  return quietedAt === null ? "running" : "quiet";
}

export function slotsOf({ queues }: Pick<WorkerRow, "queues">): { readonly used: number; readonly total: number } {
  return {
    used: queues.reduce((sum, { used }) => sum + used, 0),
    total: queues.reduce((sum, { slots }) => sum + slots, 0),
  };
}

/** The code versions that run, the one of most processes first. More than one: a deploy is under way, or was left half done. */
export function versionsOf(items: readonly Pick<WorkerRow, "version" | "isStale">[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { version, isStale } of items) if (!isStale) counts.set(version, (counts.get(version) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([version]) => version);
}

/** Whether a process runs other code than most of those that are up. */
export function isOdd(
  { version, isStale }: Pick<WorkerRow, "version" | "isStale">,
  versions: readonly string[],
): boolean {
  return !isStale && versions.length > 1 && version !== versions[0];
}

export function matches(worker: WorkerRow, q: string | undefined, state: WorkerState | undefined): boolean {
  if (state !== undefined && stateOf(worker) !== state) return false;
  const wanted = (q ?? "").trim().toLowerCase();
  const { host, pid, version, id, queues } = worker;
  return [host, String(pid), version, id, ...queues.map(({ name }) => name)].some((each) =>
    each.toLowerCase().includes(wanted),
  );
}
