import type { Pool, PoolClient } from "pg";
import { inTransaction } from "../../platform/sql.ts";
import type { JobFilter, JobPosition } from "../engine.ts";
import type { JobState, JobSummary } from "../queue.schema.ts";
import { SUMMARY_COLUMNS, toSummary, type SummaryRow } from "../store/job-row.ts";
import { findGroupsByText } from "./error-groups.ts";
import {
  createValues,
  toConditions,
  toDocumentPath,
  toIdRange,
  toRangeConditions,
  TROUBLED,
  type Bind,
} from "./conditions.ts";
import { searchTooBroad } from "./search.errors.ts";

/** The newest jobs that a page looks through before it looks at all the others, some 30 ms. */
const STEPS = 20_000;
/** The same where the index of the documents may know better: more than one job in a hundred fills a page by then. */
const STEPS_BEFORE_INDEX = 5000;
/** Per statement. Beyond it nobody waits for a page. */
const TIMEOUT_MS = 1000;
/** More groups than this match a text that says nothing. */
const GROUPS_MAX = 50;
const QUERY_CANCELED = "57014";

export interface FindJobsOptions {
  readonly steps?: number;
  readonly timeoutMs?: number;
}

/**
 * One page, newest first: full, or the last one. Raises `SEARCH_TOO_BROAD` when that takes too long.
 *
 * By id, for ids are UUIDv7 and so in the order in which the jobs were stored, as far as the clocks of the processes agree; each queue is
 * read through the primary key (queue, id), and the newest of all are the page. No single way is fast for every filter, and how many
 * jobs a condition on the input leaves is not for the planner to guess. So the newest are looked through one by one, which ends soon
 * when many match; only when that does not fill the page, those that few match are looked up in the index of the documents.
 */
export async function findJobs(
  pool: Pool,
  filter: JobFilter,
  { limit, afterId }: JobPosition,
  options: FindJobsOptions = {},
): Promise<JobSummary[]> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const steps = options.steps ?? (toDocumentPath(filter) === undefined ? STEPS : STEPS_BEFORE_INDEX);
  try {
    return await inSnapshot(pool, timeoutMs, async (client) => {
      const reader = createReader(client, filter, await readPlaces(client, filter));
      const range: Range = { before: afterId, from: undefined };
      const source = toSource(filter);
      if (isSorted(source)) {
        // As a rule those are among the newest, and to sort them all is not needed.
        const newest = await reader.walk(ALL, range, limit, STEPS_BEFORE_INDEX);
        if (newest.length === limit) return newest;
      }
      if (isPlain(filter, source)) return reader.walk(source, range, limit);
      const found = await reader.walk(source, range, limit, steps);
      if (found.length === limit) return found;
      const end = await reader.endOfWalk(source, range, steps);
      if (end === undefined) return found;
      const rest = { before: end, from: undefined };
      return [...found, ...(await findRest(reader, filter, source, rest, limit - found.length))];
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === QUERY_CANCELED) throw searchTooBroad(toAdvice(filter));
    throw error;
  }
}

async function findRest(
  reader: Reader,
  filter: JobFilter,
  source: Source,
  range: Range,
  limit: number,
): Promise<JobSummary[]> {
  if (filter.errorText !== undefined && filter.fingerprint === undefined) {
    const groups = await findGroupsByText(reader.client, filter.errorText, GROUPS_MAX);
    if (groups.length > 0 && groups.length < GROUPS_MAX)
      return reader.walk({ kind: "groups", fingerprints: groups }, range, limit);
  }
  const path = toDocumentPath(filter);
  if (path === undefined || source.kind === "groups") return reader.walk(source, range, limit);
  // What is too new for the index comes first, and is as a rule among the newest that were looked through before.
  const newer = await reader.walk(source, { ...range, from: reader.mark }, limit);
  if (newer.length === limit) return newer;
  return [...newer, ...(await reader.lookUp(path, range, limit - newer.length))];
}

/** Where the candidates of a walk come from: an index that has them in the order of the page, and not many others. */
type Source =
  | { readonly kind: "all" }
  | { readonly kind: "groups"; readonly fingerprints: readonly string[] }
  | { readonly kind: "states"; readonly condition: string; readonly isOrdered: boolean };

const ALL: Source = { kind: "all" };
const LIVE: readonly JobState[] = ["scheduled", "available", "executing", "retryable"];

function toSource({ fingerprint, errorText, states }: JobFilter): Source {
  if (fingerprint !== undefined) return { kind: "groups", fingerprints: [fingerprint] };
  const areOf = (group: readonly JobState[]): boolean => states?.every((state) => group.includes(state)) ?? false;
  if (errorText !== undefined || areOf(["discarded", "retryable"]))
    return { kind: "states", condition: TROUBLED, isOrdered: true };
  if (areOf(["cancelled"])) return { kind: "states", condition: "j.state = 'cancelled'", isOrdered: false };
  if (areOf(LIVE)) return { kind: "states", condition: toLive(states ?? []), isOrdered: false };
  return ALL;
}

function toLive(states: readonly JobState[]): string {
  const words = new Set(
    states.map((state) => ({ executing: "active", retryable: "retry" })[state as string] ?? "created"),
  );
  return `j.state IN (${[...words].map((word) => `'${word}'`).join(", ")})`;
}

/** Whether all that the walk reads fits: then a page that is not full is the last. */
function isPlain(filter: JobFilter, source: Source): boolean {
  const inWalk = { id: undefined, queue: undefined, from: undefined, to: undefined, asOf: undefined };
  return source.kind === "all" && toConditions({ ...filter, ...inWalk }, () => "").length === 0;
}

/** Ids below `before`, and above `from`. */
interface Range {
  readonly before: string | undefined;
  readonly from: string | undefined;
}

interface Places {
  readonly queues: readonly string[];
  /** Up to where the documents are in their index. */
  readonly mark: string;
}

async function readPlaces(client: PoolClient, { queue }: JobFilter): Promise<Places> {
  const { rows } = await client.query<Places>({
    name: "jobs-places",
    text: `SELECT coalesce((SELECT array_agg(name) FROM pgboss.queue WHERE $1::text IS NULL OR name = $1), '{}') AS queues,
       coalesce((SELECT up_to FROM job_search_mark WHERE id = 1), '00000000-0000-0000-0000-000000000000') AS mark`,
    values: [queue ?? null],
  });
  return rows[0] ?? { queues: [], mark: "" };
}

interface Reader {
  readonly client: PoolClient;
  readonly mark: string;
  /** Looks at the newest `steps` of the source, or at all, and answers those that fit. */
  walk(source: Source, range: Range, limit: number, steps?: number): Promise<JobSummary[]>;
  /** The last one that such a walk looks at; undefined when the source has no more than that. */
  endOfWalk(source: Source, range: Range, steps: number): Promise<string | undefined>;
  /** Looks all up whose document fits, and answers the newest that fit in every other way. */
  lookUp(path: string, range: Range, limit: number): Promise<JobSummary[]>;
}

function createReader(client: PoolClient, filter: JobFilter, { queues, mark }: Places): Reader {
  /** The candidates as one list, newest first: merged from an ordered read for each queue, or each group of errors. */
  const toCandidates = (columns: string, source: Source, range: Range, bind: Bind): string => {
    const common = [...toRangeConditions(filter, bind), ...toIdConditions("j.id", range, bind)];
    if (source.kind === "states") common.push(source.condition);
    const parts =
      source.kind === "groups"
        ? source.fingerprints.map((one) => [
            TROUBLED,
            `j.output->>'fingerprint' = ${bind(one)}`,
            ...(filter.queue === undefined ? [] : [`j.name = ${bind(filter.queue)}`]),
          ])
        : queues.map((name) => [`j.name = ${bind(name)}`]);
    // An order in each part, or the planner sorts all parts together.
    const order = isSorted(source) ? "" : "ORDER BY j.id DESC";
    return parts
      .map((part) => `(SELECT ${columns} FROM pgboss.job j WHERE ${[...part, ...common].join(" AND ")} ${order})`)
      .join(" UNION ALL ");
  };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  /** The list of all jobs is what the desk asks for again and again, and to plan it takes longer than to read it. */
  const toName = ({ before }: Range): string | undefined =>
    isFiltered ? undefined : `jobs-of-${queues.length}${before === undefined ? "" : "-before"}`;
  const isEmpty = (source: Source): boolean => source.kind !== "groups" && queues.length === 0;

  return {
    client,
    mark,
    walk: async (source, range, limit, steps) => {
      if (isEmpty(source)) return [];
      const { values, bind } = createValues();
      const candidates = toCandidates(isSorted(source) ? "j.name, j.id" : "j.*", source, range, bind);
      const conditions = toConditions(filter, bind);
      const bounded = `(SELECT * FROM (${candidates}) c ORDER BY c.id DESC ${steps === undefined ? "" : `LIMIT ${bind(steps)}`})`;
      // What has to be sorted is sorted without its input.
      const from = isSorted(source)
        ? `${bounded} c CROSS JOIN LATERAL (SELECT * FROM pgboss.job x WHERE x.name = c.name AND x.id = c.id) j`
        : `${bounded} j`;
      if (isSorted(source)) await client.query(SORTED);
      const name = source.kind === "all" && steps === undefined ? toName(range) : undefined;
      return selectPage(client, { name, from, conditions, limit: bind(limit), values });
    },
    endOfWalk: async (source, range, steps) => {
      const { values, bind } = createValues();
      const { rows } = await client.query<{ id: string }>(
        `SELECT c.id FROM (${toCandidates("j.id", source, range, bind)}) c ORDER BY c.id DESC LIMIT 1 OFFSET ${bind(steps - 1)}`,
        values,
      );
      return rows[0]?.id;
    },
    lookUp: async (path, range, limit) => {
      const { values, bind } = createValues();
      const within = [
        `s.doc @@ ${bind(path)}::jsonpath`,
        `s.job_id <= ${bind(mark)}::uuid`,
        ...toIdConditions("s.job_id", range, bind),
        ...toIdRange("s.job_id", filter, bind),
        ...(filter.queue === undefined ? [] : [`s.doc->>'queue' = ${bind(filter.queue)}`]),
      ];
      // Materialised: the planner would walk through the jobs in order instead, for it believes that many match.
      const from = `(WITH hits AS MATERIALIZED (
           SELECT s.job_id AS id, s.doc->>'queue' AS name FROM job_search s WHERE ${within.join(" AND ")})
         SELECT * FROM hits ORDER BY id DESC) h
       CROSS JOIN LATERAL (SELECT * FROM pgboss.job x WHERE x.name = h.name AND x.id = h.id) j`;
      await client.query(SORTED);
      return selectPage(client, { from, conditions: toConditions(filter, bind), limit: bind(limit), values });
    },
  };
}

const isSorted = (source: Source): boolean => source.kind === "states" && !source.isOrdered;

/** Constants of ours. The planner takes a sort of everything for cheaper than the order that an index has, and is wrong with both. */
const ORDERED = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off";
const SORTED =
  "SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

interface PageStatement {
  /** To be prepared under: texts of the same name are the same. */
  readonly name?: string | undefined;
  readonly from: string;
  readonly conditions: readonly string[];
  readonly limit: string;
  readonly values: unknown[];
}

async function selectPage(
  client: PoolClient,
  { name, from, conditions, limit, values }: PageStatement,
): Promise<JobSummary[]> {
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const { rows } = await client.query<SummaryRow>({
    ...(name === undefined ? {} : { name }),
    text: `SELECT ${SUMMARY_COLUMNS} FROM ${from} ${where} ORDER BY j.id DESC LIMIT ${limit}`,
    values,
  });
  return rows.map(toSummary);
}

function toIdConditions(column: string, { before, from }: Range, bind: Bind): string[] {
  return [
    ...(before === undefined ? [] : [`${column} < ${bind(before)}::uuid`]),
    ...(from === undefined ? [] : [`${column} > ${bind(from)}::uuid`]),
  ];
}

/** One picture of the jobs for all statements of a page: where one walk ended, the next begins. */
function inSnapshot<Result>(
  pool: Pool,
  timeoutMs: number,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const settings = `${ORDERED}; SET LOCAL jit = off; SET LOCAL statement_timeout = ${Math.trunc(timeoutMs)}`;
  return inTransaction(pool, work, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings}`);
}

/** Which conditions would leave fewer jobs, of those that are not there yet. */
export function toAdvice({ name, states, from, where, tag, key }: JobFilter): string[] {
  return [
    ...(name === undefined ? ["the job's name"] : []),
    ...(states === undefined ? ["a state, such as discarded"] : []),
    ...(from === undefined ? ["a date from which on"] : []),
    ...(tag === undefined && key === undefined && !where?.some(({ op }) => op === "=")
      ? ["a field of the input that equals something, or a tag"]
      : []),
  ];
}
