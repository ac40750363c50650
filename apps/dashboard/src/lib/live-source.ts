import { after, nowMs } from "./clock.ts";
import { isSignedOut } from "./errors.ts";
import type { Outputs } from "./trpc.ts";

export type Summary = Outputs["stats"]["summary"];

export interface LiveState {
  /**
   * `live`: the stream runs. `polling`: it does not, but questions are answered. `lost`: nothing is. `paused`: the tab is
   * hidden and asks for nothing.
   */
  readonly status: "connecting" | "live" | "polling" | "paused" | "lost";
  readonly summary: Summary | undefined;
  /** By this machine's clock, so that a wrong clock on either side does not make figures look old. */
  readonly receivedAtMs: number | null;
  readonly lostSinceMs: number | null;
  /** When the next try begins; null while one is under way. */
  readonly retryAtMs: number | null;
}

export interface LiveFeed {
  /** Calls back per sample until the answer is called. `onEnd` is called at most once, when the stream breaks. */
  subscribe(on: { sample(summary: Summary): void; end(error: unknown): void }): () => void;
  ask(): Promise<Summary>;
}

export interface LiveSource {
  get(): LiveState;
  subscribe(listener: () => void): () => void;
  retryNow(): void;
  start(): void;
  stop(): void;
}

const POLL_MS = 2000;
const BACKOFF_MS = [1000, 2000, 4000, 8000, 15_000];
/** With questions answered but the stream broken this often in a row, a proxy swallows it: ask instead. */
const STREAM_FAILURES_MAX = 2;
const STREAM_AGAIN_MS = 60_000;

export interface LiveSourceOptions {
  readonly feed: LiveFeed;
  readonly isHidden: () => boolean;
  onSignedOut(): void;
  /** After a lost connection; with how long it was away. */
  onBack(awayMs: number): void;
}

/** Keeps the newest summary: by the stream, by chained questions when the stream fails, by spaced tries when all fails. */
export function createLiveSource(options: LiveSourceOptions): LiveSource {
  const { feed } = options;
  let state: LiveState = {
    status: "connecting",
    summary: undefined,
    receivedAtMs: null,
    lostSinceMs: null,
    retryAtMs: null,
  };
  let closeStream = (): void => undefined;
  let cancelTimer = (): void => undefined;
  let run = 0;
  let streamFailures = 0;
  let tries = 0;
  let streamBrokenAtMs = 0;
  const listeners = new Set<() => void>();

  const set = (change: Partial<LiveState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const end = (): void => {
    run += 1;
    closeStream();
    cancelTimer();
    closeStream = cancelTimer = () => undefined;
  };
  const took = (summary: Summary, status: "live" | "polling"): void => {
    const { lostSinceMs } = state;
    tries = 0;
    set({ status, summary, receivedAtMs: nowMs(), lostSinceMs: null, retryAtMs: null });
    if (lostSinceMs !== null) options.onBack(nowMs() - lostSinceMs);
  };

  const openStream = (): void => {
    end();
    const mine = run;
    let hasSample = false;
    closeStream = feed.subscribe({
      sample: (summary) => {
        if (mine !== run) return;
        hasSample = true;
        streamFailures = 0;
        took(summary, "live");
      },
      end: (error) => {
        if (mine !== run) return;
        if (!hasSample) streamFailures += 1;
        streamBrokenAtMs = nowMs();
        if (isSignedOut(error)) options.onSignedOut();
        else void ask();
      },
    });
  };

  const ask = async (): Promise<void> => {
    end();
    const mine = run;
    set({ retryAtMs: null });
    try {
      const summary = await feed.ask();
      if (mine !== run) return;
      took(summary, "polling");
      const tryStream = streamFailures < STREAM_FAILURES_MAX || nowMs() - streamBrokenAtMs > STREAM_AGAIN_MS;
      if (tryStream) openStream();
      else cancelTimer = after(POLL_MS, () => void ask());
    } catch (error) {
      if (mine !== run) return;
      if (isSignedOut(error)) options.onSignedOut();
      else lost();
    }
  };

  const lost = (): void => {
    const waitMs = BACKOFF_MS[Math.min(tries, BACKOFF_MS.length - 1)] ?? POLL_MS;
    tries += 1;
    set({ status: "lost", lostSinceMs: state.lostSinceMs ?? nowMs(), retryAtMs: nowMs() + waitMs });
    cancelTimer = after(waitMs, () => void ask());
  };

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    retryNow: () => void ask(),
    start: () => {
      if (options.isHidden()) set({ status: "paused" });
      else {
        if (state.status === "paused") set({ status: "connecting" });
        openStream();
      }
    },
    stop: end,
  };
}
