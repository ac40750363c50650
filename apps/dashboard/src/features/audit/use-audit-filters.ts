import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { PageSearch } from "../../lib/page-search.ts";
import { useMe } from "../../lib/session.tsx";
import type { FilterBarProps, FilterChip } from "../../ui/FilterBar.tsx";
import { auditOutcomes, type AuditSearch } from "./audit.search.ts";
import { type AuditEvent, shortId } from "./changes.ts";

/** Starts of paths that most questions are about; any other can be taken over from a row. */
const actionStarts = [
  "access.signIn",
  "access.keys",
  "access.sessions",
  "users",
  "queue.jobs",
  "queue.queues",
  "queue.enqueue",
  "cache",
  "lab",
] as const;
const HOUR_MS = 3_600_000;
const periods = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const;
const filterKeys = ["action", "actor", "target", "outcome", "from", "to"] as const;

type Filters = Required<Pick<FilterBarProps, "chips" | "onRemove" | "choices" | "onAdd">> & { clear(): void };

export function useAuditFilters(
  search: AuditSearch,
  change: PageSearch<AuditSearch>["change"],
  rows: readonly AuditEvent[] | undefined,
): Filters {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const { action, actor, target, outcome, from, to } = search;
  const emailOf = (id: string): string =>
    id === me.user.id ? me.user.email : (rows?.find((row) => row.actorId === id)?.actorEmail ?? shortId(id));

  const chips: FilterChip[] = [];
  if (action) chips.push({ id: "action", name: t("audit.action"), operator: t("filter.startsWith"), value: action });
  if (actor) chips.push({ id: "actor", name: t("audit.actor"), value: emailOf(actor) });
  if (target) chips.push({ id: "target", name: t("audit.target"), value: shortId(target) });
  if (outcome) chips.push({ id: "outcome", name: t("audit.outcome"), value: t(`status.${outcome}`) });
  if (from) chips.push({ id: "from", name: t("audit.at"), operator: t("audit.since"), value: format.dateTime(from) });
  if (to) chips.push({ id: "to", name: t("audit.at"), operator: t("audit.before"), value: format.dateTime(to) });

  const onAdd = (id: string, value: string): void => {
    if (id !== "from") {
      change({ [id]: value });
      return;
    }
    const periodMs = Object.entries(periods).find(([name]) => name === value)?.[1];
    if (periodMs !== undefined) change({ from: new Date(nowMs() - periodMs).toISOString() });
  };
  return {
    chips,
    onRemove: (id) => change({ [id]: undefined }),
    choices: [
      {
        id: "outcome",
        name: t("audit.outcome"),
        options: auditOutcomes.map((value) => ({ value, label: t(`status.${value}`) })),
      },
      { id: "actor", name: t("audit.actor"), options: [{ value: me.user.id, label: t("audit.me") }] },
      {
        id: "from",
        name: t("audit.at"),
        options: (["hour", "day", "week"] as const).map((value) => ({ value, label: t(`audit.since.${value}`) })),
      },
      { id: "action", name: t("audit.action"), options: actionStarts.map((value) => ({ value, label: value })) },
    ].filter(({ id }) => !chips.some((chip) => chip.id === id)),
    onAdd,
    clear: () => change({ q: undefined, ...Object.fromEntries(filterKeys.map((key) => [key, undefined])) }),
  };
}
