import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";

const COUNTED_MAX = 100;

export interface WhatEnds {
  /** In words, with a plus where there are more than were counted. */
  readonly sessions: string;
  readonly keys: string;
  readonly isNothing: boolean;
}

/** Sessions besides this one, and keys, that a new password ends; undefined until they are counted. */
export function useWhatEnds(userId: string): WhatEnds | undefined {
  const t = useT();
  const sessions = trpc.access.sessions.list.useQuery({ userId, limit: COUNTED_MAX }, { staleTime: 0 });
  const keys = trpc.access.keys.list.useQuery(
    { ownerId: userId, status: "active", limit: COUNTED_MAX },
    { staleTime: 0 },
  );
  if (!sessions.data || !keys.data) return undefined;
  const others = sessions.data.items.filter((each) => !each.current).length;
  const made = keys.data.items.length;
  const plus = (words: string, cursor: string | null): string => (cursor === null ? words : `≥ ${words}`);
  return {
    sessions:
      others === 0
        ? t("password.sessions.none")
        : plus(t("password.sessions", { count: others }), sessions.data.nextCursor),
    keys: made === 0 ? t("password.keys.none") : plus(t("password.keys", { count: made }), keys.data.nextCursor),
    isNothing: others === 0 && made === 0,
  };
}
