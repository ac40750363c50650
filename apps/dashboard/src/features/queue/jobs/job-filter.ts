import type { Format } from "../../../lib/format.ts";
import type { Translate } from "../../../lib/i18n/i18n.tsx";
import type { Inputs } from "../../../lib/trpc.ts";
import type { FilterChip } from "../../../ui/FilterBar.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import type { JobsSearch, SinceName } from "../jobs.search.ts";
import { parseWhere, writeWhere } from "./where-text.ts";

type JobsInput = Exclude<Inputs["queue"]["jobs"]["list"], void | undefined>;
/** What a list, a preview and a bulk act choose jobs by. */
export type JobsFilter = Omit<JobsInput, "limit" | "cursor">;

/** What the server takes. */
export const WHERE_MAX = 5;
const MINUTE_MS = 60_000;
const sinceMs: Readonly<Record<SinceName, number>> = {
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "24h": 24 * 60 * MINUTE_MS,
  "7d": 7 * 24 * 60 * MINUTE_MS,
};

/** The parts of the address that choose jobs; the tab and the open row are none. */
export const filterKeys = [
  "queue",
  "name",
  "tag",
  "key",
  "fingerprint",
  "where",
  "since",
  "from",
  "to",
  "attempts",
  "q",
] as const satisfies readonly (keyof JobsSearch)[];
export type FilterKey = (typeof filterKeys)[number];

export const noFilter = Object.fromEntries(filterKeys.map((key) => [key, undefined])) as {
  readonly [Key in FilterKey]: undefined;
};

/** `nowMs` moves the window of `since`; whole minutes, so that the same list is not another question each second. */
export function toFilter(search: JobsSearch, nowMs: number): JobsFilter {
  const { state, since, from, attempts, q, where = [] } = search;
  const floor = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const sinceFrom = since === undefined ? undefined : new Date(floor - sinceMs[since]).toISOString();
  const later = [sinceFrom, from]
    .filter((each) => each !== undefined)
    .toSorted()
    .at(-1);
  const conditions = where.slice(0, WHERE_MAX).flatMap((text) => parseWhere(text) ?? []);
  return {
    ...(state && { state: [state] }),
    ...(search.queue && { queue: search.queue }),
    ...(search.name && { name: search.name }),
    ...(search.tag && { tag: search.tag }),
    ...(search.key && { key: search.key }),
    ...(search.fingerprint && { fingerprint: search.fingerprint }),
    ...(conditions.length > 0 && { where: conditions }),
    ...(later !== undefined && { from: later }),
    ...(search.to && { to: search.to }),
    ...(attempts !== undefined && { attempts }),
    ...(q && { search: q }),
  };
}

/** The chips of the address; the id of one is what `withoutChip` takes. */
export function searchChips(search: JobsSearch, t: Translate, format: Format): readonly FilterChip[] {
  const { state: _tab, since, where = [], ...rest } = search;
  const chips = filterChips(toFilter({ ...rest }, 0), t, format);
  return [
    ...chips,
    ...where.map((value) => ({ id: `where ${value}`, name: t("queue.filter.payload"), operator: "", value })),
    ...(since === undefined
      ? []
      : [{ id: "since", name: t("queue.filter.since"), operator: "", value: t(`queue.since.${since}`) }]),
  ];
}

/** A filter in words, of the address or of a bulk act. */
export function filterChips(filter: JobsFilter, t: Translate, format: Format): readonly FilterChip[] {
  const chips: FilterChip[] = [];
  if (filter.state) {
    const value = format.list(filter.state.map((each) => t(`status.${jobStatus[each]}`)));
    chips.push({ id: "state", name: t("queue.filter.state"), value });
  }
  for (const id of ["queue", "name", "tag", "key"] as const) {
    const value = filter[id];
    if (value !== undefined) chips.push({ id, name: t(`queue.filter.${id}`), value });
  }
  if (filter.fingerprint !== undefined) {
    chips.push({ id: "fingerprint", name: t("queue.filter.fingerprint"), value: filter.fingerprint.slice(0, 8) });
  }
  for (const condition of filter.where ?? []) {
    const value = writeWhere(condition);
    chips.push({ id: `where ${value}`, name: t("queue.filter.payload"), operator: "", value });
  }
  if (filter.attempts !== undefined) {
    chips.push({ id: "attempts", name: t("queue.filter.tries"), operator: "≥", value: format.number(filter.attempts) });
  }
  for (const id of ["from", "to"] as const) {
    const value = filter[id];
    if (value !== undefined) {
      chips.push({ id, name: t(`queue.filter.${id}`), operator: "", value: format.dateTime(value) });
    }
  }
  if (filter.search !== undefined) {
    chips.push({ id: "q", name: t("queue.filter.q"), operator: t("queue.filter.contains"), value: filter.search });
  }
  return chips;
}

/** What to write into the address to take a chip away. */
export function withoutChip(search: JobsSearch, id: string): Partial<JobsSearch> {
  if (!id.startsWith("where ")) return { [id]: undefined };
  const left = (search.where ?? []).filter((value) => `where ${value}` !== id);
  return { where: left.length > 0 ? left : undefined };
}
