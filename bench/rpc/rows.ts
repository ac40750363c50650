import type { Table } from "../bench.ts";
import { medianOf } from "../interleave.ts";
import type { Pressed } from "../pressure.ts";
import type { Aim, Case } from "./cases.ts";

/** What each round measured, by the label of the side. */
export type Measured = Readonly<Record<string, readonly Pressed[]>>;

const toPace = ({ answers, elapsedMs }: Pressed): number => (answers * 1000) / elapsedMs;
/** Of the server and its database: what a side leaves to the other one is not for free. */
const toCpu = ({ answers, serverCpuMs, databaseCpuMs = 0 }: Pressed): number => (serverCpuMs + databaseCpuMs) / answers;

interface Ratio {
  readonly byPace: number;
  readonly byCpu: number;
}

/** Medians of what each round says by itself: a slow spell of the machine is in neither. Undefined when one of them did not run. */
function compare(side: readonly Pressed[] | undefined, other: readonly Pressed[] | undefined): Ratio | undefined {
  if (!side?.length || !other?.length) return undefined;
  const ratioOf = (read: (pressed: Pressed, base: Pressed) => number): number =>
    medianOf(side.map((pressed, round) => read(pressed, other[round] ?? pressed)));
  return {
    byPace: ratioOf((pressed, base) => toPace(pressed) / toPace(base)),
    byCpu: ratioOf((pressed, base) => toCpu(base) / toCpu(pressed)),
  };
}

const toText = (ratio: Ratio | undefined): string =>
  ratio ? `${ratio.byPace.toFixed(2)} / ${ratio.byCpu.toFixed(2)}` : "";

export function toCaseTable({ sides, against, isOfDatabase }: Case, measured: Measured): Table {
  const show = (values: readonly number[], digits = 0): string =>
    medianOf(values).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return {
    columns: [
      "Server",
      "requests/s",
      "CPU (µs)",
      ...(isOfDatabase ? ["Postgres (µs)"] : []),
      "p50 (ms)",
      "p99 (ms)",
      ...against.map(([column]) => column),
    ],
    rows: sides.flatMap(({ label }) => {
      const rounds = measured[label];
      if (!rounds?.length) return [];
      return [
        [
          label,
          show(rounds.map(toPace), medianOf(rounds.map(toPace)) < 100 ? 1 : 0),
          show(
            rounds.map(({ serverCpuMs, answers }) => (serverCpuMs * 1000) / answers),
            isOfDatabase ? 0 : 1,
          ),
          ...(isOfDatabase
            ? [show(rounds.map(({ databaseCpuMs = 0, answers }) => (databaseCpuMs * 1000) / answers))]
            : []),
          show(
            rounds.map(({ p50Ms }) => p50Ms),
            2,
          ),
          show(
            rounds.map(({ p99Ms }) => p99Ms),
            2,
          ),
          ...against.map(([, other]) => (other === label ? "" : toText(compare(rounds, measured[other])))),
        ],
      ];
    }),
  };
}

/** An aim is held by pace: it is what a caller sees. Those whose servers did not run are left out. */
export function toAimsTable(aims: readonly Aim[], measured: Readonly<Record<string, Measured>>): Table {
  return {
    columns: ["Aim", "at least", "by pace", "by CPU", "holds"],
    rows: aims.flatMap(({ case: name, text, label, against, least }) => {
      const ratio = compare(measured[name]?.[label], measured[name]?.[against]);
      if (!ratio) return [];
      const { byPace, byCpu } = ratio;
      return [[text, least.toFixed(2), byPace.toFixed(2), byCpu.toFixed(2), byPace >= least ? "yes" : "no"]];
    }),
  };
}
