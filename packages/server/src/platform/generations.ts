/** States by key that are forgotten once nobody has asked for them for a while. */
interface Generations<State> {
  get(key: string, nowMs: number): State | undefined;
  add(key: string, state: State): void;
  delete(key: string): void;
  forEach(visit: (state: State, key: string) => void): void;
  /** From now on keys are forgotten after so long, those that are known as if they were used just now. */
  keepFor(idleMs: number, nowMs: number): void;
  /** What is known now is not forgotten for its quiet before that. */
  keepUntil(atMs: number): void;
}

/**
 * Two maps in place of a list ordered by use: what was not touched for a whole generation goes at once, without a timer and
 * without work per call. A generation ends after `idleMs`, when its quiet keys are as good as new, or when it is full.
 */
export function createGenerations<State>(
  maxPerGeneration: number,
  firstIdleMs: number,
  startMs: number,
): Generations<State> {
  let idleMs = firstIdleMs;
  let young = new Map<string, State>();
  let old = new Map<string, State>();
  let bornMs = startMs;
  let keptUntilMs = startMs;

  const rotate = (nowMs: number): void => {
    old = young;
    young = new Map();
    bornMs = nowMs;
  };

  return {
    get: (key, nowMs) => {
      if ((nowMs - bornMs >= idleMs && nowMs >= keptUntilMs) || young.size >= maxPerGeneration) rotate(nowMs);
      let state = young.get(key);
      if (state !== undefined) return state;
      state = old.get(key);
      if (state !== undefined) young.set(key, state);
      return state;
    },
    add: (key, state) => void young.set(key, state),
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
    forEach: (visit) => {
      young.forEach(visit);
      old.forEach((state, key) => {
        if (!young.has(key)) visit(state, key);
      });
    },
    keepFor: (longMs, nowMs) => {
      idleMs = longMs;
      bornMs = nowMs;
    },
    keepUntil: (atMs) => {
      keptUntilMs = Math.max(keptUntilMs, atMs);
    },
  };
}
