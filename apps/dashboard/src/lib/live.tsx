import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { createLiveSource, type LiveFeed, type LiveSource, type LiveState } from "./live-source.ts";
import { useTimeRange } from "./time-range.ts";
import { trpc } from "./trpc.ts";

export interface Live extends LiveState {
  retryNow(): void;
}

const LiveContext = createContext<LiveSource | null>(null);
/** Samples come each second; ages are judged by it. */
export const LIVE_INTERVAL_MS = 1000;

export interface LiveProviderProps {
  onSignedOut(): void;
  /** The connection is back after `awayMs`; by then all data is being read anew. */
  onBack(awayMs: number): void;
  readonly children: ReactNode;
}

/** One stream per tab, for the rail, the header and whatever page wants it. */
export function LiveProvider(props: LiveProviderProps) {
  const { client } = trpc.useUtils();
  const queryClient = useQueryClient();
  const { rangeMs } = useTimeRange();
  const latest = useRef({ ...props, rangeMs });
  useEffect(() => {
    latest.current = { ...props, rangeMs };
  });

  const [source] = useState(() => {
    const feed: LiveFeed = {
      ask: () => client.stats.summary.query({ rangeMs: latest.current.rangeMs }),
      subscribe: (on) => {
        const subscription = client.stats.live.subscribe(
          { rangeMs: latest.current.rangeMs },
          {
            onData: ({ data }) => on.sample(data),
            onError: on.end,
            onComplete: () => on.end(undefined),
            onConnectionStateChange: ({ state, error }) => {
              // The link would try again for ever by itself; how often, and what is shown meanwhile, is decided here.
              if (state === "connecting" && error) on.end(error);
            },
          },
        );
        return () => subscription.unsubscribe();
      },
    };
    return createLiveSource({
      feed,
      isHidden: () => document.hidden,
      onSignedOut: () => latest.current.onSignedOut(),
      onBack: (awayMs) => {
        void queryClient.invalidateQueries();
        latest.current.onBack(awayMs);
      },
    });
  });

  useEffect(() => {
    const wake = (): void => {
      source.stop();
      source.start();
    };
    source.start();
    document.addEventListener("visibilitychange", wake);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      source.stop();
    };
    // Another window of time is another stream.
  }, [source, rangeMs]);

  return <LiveContext value={source}>{props.children}</LiveContext>;
}

export function useLive(): Live {
  const source = useContext(LiveContext);
  if (!source) throw new Error("useLive needs a LiveProvider above it.");
  const state = useSyncExternalStore(source.subscribe, source.get);
  return { ...state, retryNow: source.retryNow };
}
