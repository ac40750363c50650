import type { Outputs } from "../../lib/trpc.ts";
import type { procedureSorts } from "./procedures.search.ts";

export type ProcedureStat = Outputs["stats"]["procedures"]["items"][number];
export type ProcedureSort = (typeof procedureSorts)[number];

/** Procedures without the figure come last in either direction: nothing is not the fastest. */
export function sortProcedures(
  rows: readonly ProcedureStat[],
  by: ProcedureSort,
  direction: "asc" | "desc",
): ProcedureStat[] {
  const sign = direction === "asc" ? 1 : -1;
  return rows.toSorted((a, b) => {
    if (by === "path") return sign * a.path.localeCompare(b.path);
    const [left, right] = [figureOf(a, by), figureOf(b, by)];
    if (left === right) return a.path.localeCompare(b.path);
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * (left - right);
  });
}

function figureOf(row: ProcedureStat, by: Exclude<ProcedureSort, "path">): number | null {
  switch (by) {
    case "calls":
      return row.calls;
    case "errors":
      return row.errorRate;
    case "limited":
      return row.limited;
    case "inFlight":
      return row.inFlight;
    default:
      return row.latencyMs[by];
  }
}
