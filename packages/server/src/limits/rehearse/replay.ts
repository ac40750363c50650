import type { RateAlgorithm } from "../../platform/rate-limiter.ts";
import type { LimitRehearsalOutcome } from "./rehearse.schema.ts";
import type { RecordedArrivals } from "./arrivals.ts";
import { createGcraTrial, createSlidingLogTrial, type Trial, type TrialRate } from "./trial.ts";

const REFUSED_MOST = 5;

export interface ReplayOptions {
  readonly algorithm: RateAlgorithm;
  /** What is tried, for everybody who has no allowance of their own. */
  readonly now: TrialRate;
  readonly asked: TrialRate;
  /** Allowances of single callers, the same in both. */
  readonly own: ReadonlyMap<string, TrialRate>;
  /** Only the calls of this caller, to whom `now` and `asked` apply, whatever it has of its own. */
  readonly only?: string | undefined;
}

type Outcome = LimitRehearsalOutcome["now"];

export interface Replay extends Pick<LimitRehearsalOutcome, "arrivals" | "callers" | "peakPerSecond" | "now"> {
  readonly asked: Outcome;
  /** At most five, most refused calls first; by what `asked` refuses. */
  readonly refusedMost: readonly Fared[];
}

/** How a caller fared with the values asked about. */
interface Fared {
  readonly key: string;
  readonly arrivals: number;
  readonly refused: number;
}

/** Every caller begins with its whole allowance. */
export function replay(recorded: RecordedArrivals, options: ReplayOptions): Replay {
  return options.algorithm === "gcra"
    ? replayWith(createGcraTrial, recorded, options)
    : replayWith(createSlidingLogTrial, recorded, options);
}

/** A caller on both sides. One object: there are up to 50,000. */
interface Fate<State> {
  arrivals: number;
  readonly own: Trial<State> | undefined;
  readonly now: State;
  nowRefused: number;
  readonly asked: State;
  askedRefused: number;
}

function replayWith<State>(
  createTrial: (rate: TrialRate) => Trial<State>,
  { seconds }: RecordedArrivals,
  { now, asked, own, only }: ReplayOptions,
): Replay {
  const nowTrial = createTrial(now);
  const askedTrial = createTrial(asked);
  const ownTrials = new Map(only === undefined ? [...own].map(([key, rate]) => [key, createTrial(rate)]) : []);
  const create = (key: string): Fate<State> => ({
    arrivals: 0,
    own: ownTrials.get(key),
    now: nowTrial.create(),
    nowRefused: 0,
    asked: askedTrial.create(),
    askedRefused: 0,
  });
  const fates = new Map<string, Fate<State>>();
  let peakPerSecond = 0;
  for (const { startMs, spells } of seconds) {
    let ofSecond = 0;
    for (const [key, spell] of only === undefined ? spells : pick(spells, only)) {
      let fate = fates.get(key);
      if (!fate) fates.set(key, (fate = create(key)));
      fate.arrivals += spell.calls;
      fate.nowRefused += (fate.own ?? nowTrial).refused(fate.now, startMs, spell);
      fate.askedRefused += (fate.own ?? askedTrial).refused(fate.asked, startMs, spell);
      ofSecond += spell.calls;
    }
    peakPerSecond = Math.max(peakPerSecond, ofSecond);
  }
  return { ...toFigures(fates.entries()), callers: fates.size, peakPerSecond };
}

function pick<Item>(items: ReadonlyMap<string, Item>, key: string): [string, Item][] {
  const item = items.get(key);
  return item === undefined ? [] : [[key, item]];
}

function toFigures<State>(fates: Iterable<readonly [string, Fate<State>]>): Omit<Replay, "callers" | "peakPerSecond"> {
  const now: Outcome = { refused: 0, callers: 0 };
  const asked: Outcome = { refused: 0, callers: 0 };
  const refusedMost: Fared[] = [];
  let total = 0;
  for (const [key, { arrivals, nowRefused, askedRefused: refused }] of fates) {
    total += arrivals;
    add(now, nowRefused);
    add(asked, refused);
    if (refused > 0) insert(refusedMost, { key, arrivals, refused });
  }
  return { arrivals: total, now, asked, refusedMost };
}

function add(outcome: Outcome, refused: number): void {
  if (refused === 0) return;
  outcome.refused += refused;
  outcome.callers += 1;
}

/** Keeps the first few, in order. */
function insert(refusedMost: Fared[], fared: Fared): void {
  if (refusedMost.length === REFUSED_MOST && !isBefore(fared, refusedMost.at(-1))) return;
  refusedMost.push(fared);
  refusedMost.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  if (refusedMost.length > REFUSED_MOST) refusedMost.pop();
}

function isBefore(one: Fared, other: Fared | undefined): boolean {
  if (!other) return true;
  return one.refused === other.refused ? one.key < other.key : one.refused > other.refused;
}
