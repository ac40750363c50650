import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { PageSearch } from "../../lib/page-search.ts";
import { useMe } from "../../lib/session.tsx";
import type { FilterBarProps, FilterChip } from "../../ui/FilterBar.tsx";
import { auditOutcomes, type AuditSearch, auditVias } from "./audit.search.ts";
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
const filterKeys = ["action", "actor", "target", "outcome", "via", "undo", "from", "to"] as const;
/** Opens two fields instead of choosing. */
const OWN_PERIOD = "own";
/** Of what the rows at hand have; any other is reached by the search. */
const OFFERED_MAX = 12;

type Filters = Required<Pick<FilterBarProps, "chips" | "onRemove" | "choices" | "onAdd">> & { clear(): void };

export function useAuditFilters(
  search: AuditSearch,
  change: PageSearch<AuditSearch>["change"],
  rows: readonly AuditEvent[] | undefined,
  onOwnPeriod: () => void,
): Filters {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const { action, actor, target, outcome, via, undo, from, to } = search;
  const emailOf = (id: string): string =>
    id === me.user.id ? me.user.email : (rows?.find((row) => row.actorId === id)?.actorEmail ?? shortId(id));

  const chips: FilterChip[] = [];
  if (action) chips.push({ id: "action", name: t("audit.action"), operator: t("filter.startsWith"), value: action });
  if (actor) chips.push({ id: "actor", name: t("audit.actor"), value: emailOf(actor) });
  if (target) chips.push({ id: "target", name: t("audit.target"), value: shortId(target) });
  if (outcome) chips.push({ id: "outcome", name: t("audit.outcome"), value: t(`status.${outcome}`) });
  if (via) chips.push({ id: "via", name: t("audit.via"), value: t(`audit.via.${via}`) });
  if (undo) chips.push({ id: "undo", name: t("audit.undo"), value: t("audit.undo.possible") });
  if (from) chips.push({ id: "from", name: t("audit.at"), operator: t("audit.since"), value: format.dateTime(from) });
  if (to) chips.push({ id: "to", name: t("audit.at"), operator: t("audit.before"), value: format.dateTime(to) });

  const onAdd = (id: string, value: string): void => {
    if (id !== "from") {
      change({ [id]: value });
      return;
    }
    if (value === OWN_PERIOD) onOwnPeriod();
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
      {
        id: "actor",
        name: t("audit.actor"),
        options: [{ value: me.user.id, label: t("audit.me") }, ...actorsOf(rows ?? [], me.user.id)],
      },
      {
        id: "from",
        name: t("audit.at"),
        options: [
          ...(["hour", "day", "week"] as const).map((value) => ({ value, label: t(`audit.since.${value}`) })),
          { value: OWN_PERIOD, label: t("audit.period.choose") },
        ],
      },
      {
        id: "via",
        name: t("audit.via"),
        options: auditVias.map((value) => ({ value, label: t(`audit.via.${value}`) })),
      },
      { id: "undo", name: t("audit.undo"), options: [{ value: "possible", label: t("audit.undo.possible") }] },
      { id: "action", name: t("audit.action"), options: actionsOf(rows ?? []) },
    ].filter(({ id }) => !chips.some((chip) => chip.id === id || (id === "from" && chip.id === "to"))),
    onAdd,
    clear: () => change({ q: undefined, ...Object.fromEntries(filterKeys.map((key) => [key, undefined])) }),
  };
}

/** The starts that most questions are about, and the acts of the rows at hand. */
function actionsOf(rows: readonly AuditEvent[]): { value: string; label: string }[] {
  const found = new Set(rows.map(({ action }) => action));
  for (const start of actionStarts) found.delete(start);
  const acts = [...found].toSorted().slice(0, OFFERED_MAX);
  return [...actionStarts, ...acts].map((value) => ({ value, label: value }));
}

function actorsOf(rows: readonly AuditEvent[], ownId: string): { value: string; label: string }[] {
  const emails = new Map(rows.map(({ actorId, actorEmail }) => [actorId ?? "", actorEmail ?? ""]));
  return [...emails]
    .filter(([id, email]) => id !== "" && id !== ownId && email !== "")
    .map(([value, label]) => ({ value, label }))
    .toSorted((a, b) => a.label.localeCompare(b.label))
    .slice(0, OFFERED_MAX);
}
