import type { JobFilter } from "../engine.ts";
import { ATTEMPTS_SQL, STATE_CONDITIONS } from "../store/job-row.ts";
import { isIndexable, joinPaths, toFieldPath, toJsonPath } from "./json-path.ts";

export type Bind = (value: unknown) => string;

/** The values of a statement; `bind` adds one and answers its placeholder. */
export function createValues(): { readonly values: unknown[]; readonly bind: Bind } {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

/** Jobs with an error: two states that few jobs are in, and for which there is an index. */
export const TROUBLED = "j.state IN ('retry', 'failed')";

/** All that must hold of the job `j`. The texts are constants of ours; what was asked for is bound. */
export function toConditions(filter: JobFilter, bind: Bind): string[] {
  const conditions = toRangeConditions(filter, bind);
  if (filter.states) conditions.push(`(${filter.states.map((state) => STATE_CONDITIONS[state]).join(" OR ")})`);
  if (filter.queue !== undefined) conditions.push(`j.name = ${bind(filter.queue)}`);
  if (filter.name !== undefined) conditions.push(`j.group_id = ${bind(filter.name)}`);
  if (filter.key !== undefined) conditions.push(`j.group_tier = ${bind(filter.key)}`);
  if (filter.attempts !== undefined) conditions.push(`${ATTEMPTS_SQL} >= ${bind(filter.attempts)}::int`);
  if (filter.fingerprint !== undefined) conditions.push(TROUBLED, hasFingerprint(filter.fingerprint, bind));
  if (filter.errorText !== undefined) {
    // Only these have an error; the condition keeps the search off the completed jobs.
    conditions.push(TROUBLED, `position(lower(${bind(filter.errorText)}) IN lower(j.output->>'message')) > 0`);
  }
  const paths = [
    ...(filter.tag === undefined ? [] : [toFieldPath("tags", filter.tag)]),
    ...(filter.where ?? []).map(toJsonPath),
  ];
  if (paths.length > 0) conditions.push(`j.data @@ ${bind(joinPaths(paths))}::jsonpath`);
  return conditions;
}

export const hasFingerprint = (fingerprint: string, bind: Bind): string =>
  `j.output->>'fingerprint' = ${bind(fingerprint)}`;

/**
 * When it was stored, as the range of ids that goes with it: ids are UUIDv7 and begin with the time at which a process made them. Processes
 * and the database may disagree on that time, and a transaction may be some minutes old when it stores a job: `created_on` decides.
 */
export function toRangeConditions(filter: JobFilter, bind: Bind): string[] {
  const { from, to, asOf } = filter;
  return [
    ...toIdRange("j.id", filter, bind),
    ...(from === undefined ? [] : [`j.created_on >= ${bind(from)}::timestamptz`]),
    ...(to === undefined ? [] : [`j.created_on < ${bind(to)}::timestamptz`]),
    ...(asOf === undefined ? [] : [`j.created_on <= ${bind(asOf)}::timestamptz`]),
  ];
}

/** Of the two, the part that an index on ids answers. */
export function toIdRange(column: string, { id, from, to, asOf }: JobFilter, bind: Bind): string[] {
  const ends = [to, asOf].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  return [
    ...(id === undefined ? [] : [`${column} = ${bind(id)}::uuid`]),
    ...(from === undefined ? [] : [`${column} >= ${bind(toFirstId(Date.parse(from) - MARGIN_MS))}::uuid`]),
    ...(ends.length === 0 ? [] : [`${column} < ${bind(toFirstId(Math.min(...ends) + MARGIN_MS))}::uuid`]),
  ];
}

const MARGIN_MS = 10 * 60_000;
const TIME_MAX = 2 ** 48 - 1;

/** The lowest UUIDv7 of a millisecond. */
export function toFirstId(timeMs: number): string {
  const hex = Math.min(Math.max(Math.trunc(timeMs), 0), TIME_MAX)
    .toString(16)
    .padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** What the index on the documents can find the jobs by; undefined when it knows nothing of it. */
export function toDocumentPath({ name, key, tag, where }: JobFilter): string | undefined {
  const paths = [
    ...(where ?? []).filter(isIndexable).map(toJsonPath),
    ...(tag === undefined ? [] : [toFieldPath("tags", tag)]),
    ...(key === undefined ? [] : [toFieldPath("key", key)]),
    ...(name === undefined ? [] : [toFieldPath("name", name)]),
  ];
  return paths.length > 0 ? joinPaths(paths) : undefined;
}
