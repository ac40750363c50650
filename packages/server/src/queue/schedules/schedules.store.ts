import { createConditions, escapeLike, isoOf, type Sql } from "../../platform/sql.ts";
import type { Json } from "../../trpc/wire.ts";
import { toJobState } from "../store/job-row.ts";
import type { Schedule, ScheduleRun } from "./schedules.schema.ts";

/** What is decided of a schedule. */
export interface ScheduleSettings {
  readonly name: string;
  readonly jobName: string;
  readonly input: Json;
  readonly cron: string | null;
  readonly everyMs: number | null;
  readonly timeZone: string;
  readonly missed: Schedule["missed"];
}

export type StoredSchedule = Omit<Schedule, "words" | "wordsByLanguage">;

type BossState = Parameters<typeof toJobState>[0];

/** The job of a run: gone a week after its end, and then unknown. */
const JOB_OF_RUN = `
  LEFT JOIN LATERAL (
    SELECT j.state::text AS job_state, j.start_after > now() AS is_ahead,
      (extract(epoch FROM j.completed_on - j.started_on) * 1000)::float8 AS duration_ms
    FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = r.job_id
  ) j ON true`;
const JOB_COLUMNS = `j.job_state AS "jobState", j.is_ahead AS "isAhead", j.duration_ms AS "durationMs"`;

interface JobColumns {
  readonly jobState: BossState | null;
  readonly isAhead: boolean | null;
  readonly durationMs: number | null;
}

const SETTINGS_COLUMNS = `s.name, s.job_name AS "jobName", s.input, s.cron, s.every_ms::float8 AS "everyMs",
  s.time_zone AS "timeZone", s.missed`;
// A paused schedule keeps its time, by which the missed ones are known when it goes on.
const SCHEDULES = `
  SELECT s.id, ${SETTINGS_COLUMNS}, s.origin, ${isoOf("s.paused_at")} AS "pausedAt", s.paused_by AS "pausedBy",
    CASE WHEN s.paused_at IS NULL THEN ${isoOf("s.next_at")} END AS "nextAt", s.problem, s.created_by AS "createdBy",
    ${isoOf("s.created_at")} AS "createdAt", ${isoOf("r.at")} AS "lastAt", r.job_id AS "lastJobId", ${JOB_COLUMNS}
  FROM job_schedule s
  LEFT JOIN LATERAL (
    SELECT r.at, r.job_id FROM schedule_run r WHERE r.schedule_id = s.id ORDER BY r.id DESC LIMIT 1
  ) r ON true ${JOB_OF_RUN}`;

interface ScheduleRow extends Omit<StoredSchedule, "last">, JobColumns {
  readonly lastAt: string | null;
  readonly lastJobId: string | null;
}

function toSchedule({ lastAt, lastJobId, jobState, isAhead, durationMs, ...row }: ScheduleRow): StoredSchedule {
  const state = jobState && toJobState(jobState, isAhead ?? false);
  return { ...row, last: lastAt === null ? null : { at: lastAt, jobId: lastJobId, state, durationMs } };
}

export async function selectSchedule(sql: Sql, id: string): Promise<StoredSchedule | undefined> {
  const { rows } = await sql.query<ScheduleRow>(`${SCHEDULES} WHERE s.id = $1`, [id]);
  return rows[0] && toSchedule(rows[0]);
}

export interface SchedulesQuery {
  readonly afterName?: string | undefined;
  readonly search?: string | undefined;
  readonly jobName?: string | undefined;
  readonly limit: number;
}

/** By name. */
export async function selectSchedules(sql: Sql, query: SchedulesQuery): Promise<StoredSchedule[]> {
  const { values, bind, add, where } = createConditions();
  if (query.afterName !== undefined) add(`s.name > ${bind(query.afterName)}`);
  if (query.jobName !== undefined) add(`s.job_name = ${bind(query.jobName)}`);
  if (query.search !== undefined) {
    const pattern = bind(`%${escapeLike(query.search)}%`);
    add(`(s.name ILIKE ${pattern} OR s.job_name ILIKE ${pattern})`);
  }
  const { rows } = await sql.query<ScheduleRow>(
    `${SCHEDULES} ${where()} ORDER BY s.name LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows.map(toSchedule);
}

interface RunRow extends Omit<ScheduleRun, keyof JobColumns>, JobColumns {
  readonly id: string;
}

/** Newest first, each with its position. */
export async function selectRuns(
  sql: Sql,
  { scheduleId, beforeId, limit }: { scheduleId: string; beforeId: string | undefined; limit: number },
): Promise<{ readonly id: string; readonly run: ScheduleRun }[]> {
  const { rows } = await sql.query<RunRow>(
    `SELECT r.id::text AS id, ${isoOf("r.due_at")} AS "dueAt", ${isoOf("r.at")} AS at, r.outcome, r.job_id AS "jobId", r.by, r.note,
       ${JOB_COLUMNS}
     FROM schedule_run r ${JOB_OF_RUN}
     WHERE r.schedule_id = $1 AND ($2::bigint IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3`,
    [scheduleId, beforeId ?? null, limit],
  );
  return rows.map(({ id, isAhead, jobState, ...run }) => ({
    id,
    run: { ...run, jobState: jobState && toJobState(jobState, isAhead ?? false) },
  }));
}

export async function readNow(sql: Sql): Promise<Date> {
  const { rows } = await sql.query<{ now: Date }>("SELECT now() AS now");
  const [row] = rows;
  if (!row) throw new Error("The database did not tell the time.");
  return row.now;
}

/** A schedule as whoever changes or runs it holds it: no other process does either until the transaction ends. */
export interface HeldSchedule extends ScheduleSettings {
  readonly id: string;
  readonly origin: Schedule["origin"];
  readonly isPaused: boolean;
  readonly nextAt: Date | null;
  readonly now: Date;
}

const HELD = `SELECT s.id, ${SETTINGS_COLUMNS}, s.origin, s.paused_at IS NOT NULL AS "isPaused", s.next_at AS "nextAt", now() AS now
  FROM job_schedule s`;

export async function holdSchedule(sql: Sql, id: string): Promise<HeldSchedule | undefined> {
  const { rows } = await sql.query<HeldSchedule>(`${HELD} WHERE s.id = $1 FOR UPDATE`, [id]);
  return rows[0];
}

/** The one that is due for longest, of these jobs, which no other process is at. */
export async function holdDueSchedule(
  sql: Sql,
  jobNames: readonly string[],
  except: readonly string[],
): Promise<HeldSchedule | undefined> {
  const { rows } = await sql.query<HeldSchedule>(
    `${HELD} WHERE s.paused_at IS NULL AND s.next_at <= now() AND s.job_name = ANY($1) AND s.id <> ALL($2::uuid[])
     ORDER BY s.next_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [jobNames, except],
  );
  return rows[0];
}

export async function holdDeclaredSchedule(
  sql: Sql,
  jobName: string,
  input: Json | undefined,
): Promise<(HeldSchedule & { readonly isSameInput: boolean }) | undefined> {
  const { rows } = await sql.query<HeldSchedule & { isSameInput: boolean }>(
    `SELECT h.*, h.input = $2::jsonb AS "isSameInput"
     FROM (${HELD} WHERE s.origin = 'definition' AND s.job_name = $1 FOR UPDATE) h`,
    [jobName, input === undefined ? null : JSON.stringify(input)],
  );
  return rows[0];
}

export interface NewSchedule extends ScheduleSettings {
  readonly id: string;
  readonly origin: Schedule["origin"];
  readonly isPaused: boolean;
  readonly nextAt: Date | null;
  readonly by: string | null;
}

/** False when the name is taken. */
export async function insertSchedule(sql: Sql, made: NewSchedule): Promise<boolean> {
  const { rowCount } = await sql.query(
    `INSERT INTO job_schedule
       (id, name, job_name, input, cron, every_ms, time_zone, missed, origin, next_at, created_by, paused_at, paused_by)
     VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12 THEN now() END, CASE WHEN $12 THEN $11 END)
     ON CONFLICT (name) DO NOTHING`,
    [
      made.id,
      made.name,
      made.jobName,
      JSON.stringify(made.input),
      made.cron,
      made.everyMs,
      made.timeZone,
      made.missed,
      made.origin,
      made.nextAt,
      made.by,
      made.isPaused,
    ],
  );
  return rowCount === 1;
}

/** Also takes its problem away: whoever changes a schedule has checked it. Raises a unique violation for a name that is taken. */
export async function updateSchedule(
  sql: Sql,
  id: string,
  settings: ScheduleSettings & { readonly nextAt: Date | null },
): Promise<void> {
  const { name, jobName, input, cron, everyMs, timeZone, missed, nextAt } = settings;
  await sql.query(
    `UPDATE job_schedule SET name = $2, job_name = $3, input = $4::jsonb, cron = $5, every_ms = $6, time_zone = $7, missed = $8,
       next_at = $9, problem = NULL, updated_at = now()
     WHERE id = $1`,
    [id, name, jobName, JSON.stringify(input), cron, everyMs, timeZone, missed, nextAt],
  );
}

export async function setSchedulePaused(sql: Sql, id: string, isPaused: boolean, by: string | null): Promise<void> {
  await sql.query(
    `UPDATE job_schedule SET paused_at = CASE WHEN $2 THEN now() END, paused_by = CASE WHEN $2 THEN $3 END, updated_at = now()
     WHERE id = $1`,
    [id, isPaused, by],
  );
}

/** With its history. */
export async function deleteSchedule(sql: Sql, id: string): Promise<void> {
  await sql.query("DELETE FROM job_schedule WHERE id = $1", [id]);
}

export async function setNextTime(sql: Sql, id: string, nextAt: Date | null, problem: string | null): Promise<void> {
  await sql.query("UPDATE job_schedule SET next_at = $2, problem = $3 WHERE id = $1", [id, nextAt, problem]);
}

/** Says so of schedules whose time passed a while ago, because nobody who could run them is up. The time stays: they wait for it. */
export async function reportUnknownJobs(sql: Sql, jobNames: readonly string[], afterMs: number): Promise<void> {
  await sql.query(
    `UPDATE job_schedule s SET problem = 'No process that is up defines the job ' || s.job_name || '.'
     WHERE s.paused_at IS NULL AND s.next_at < now() - $2 * interval '1 millisecond' AND s.job_name <> ALL($1)
       AND s.problem IS NULL`,
    [jobNames, afterMs],
  );
}

export interface NewRun {
  readonly scheduleId: string;
  readonly dueAt: Date;
  readonly outcome: ScheduleRun["outcome"];
  readonly jobId: string | null;
  readonly by: string | null;
  readonly note: string | null;
}

/** Its position; undefined when the time has a run already. */
export async function insertRun(sql: Sql, run: NewRun): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO schedule_run (schedule_id, due_at, outcome, job_id, by, note) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (schedule_id, due_at) WHERE by IS NULL DO NOTHING RETURNING id::text AS id`,
    [run.scheduleId, run.dueAt, run.outcome, run.jobId, run.by, run.note],
  );
  return rows[0]?.id;
}

export async function endRun(
  sql: Sql,
  id: string,
  { outcome, jobId, note }: Pick<NewRun, "outcome" | "jobId" | "note">,
): Promise<void> {
  await sql.query("UPDATE schedule_run SET outcome = $2, job_id = $3, note = $4 WHERE id = $1", [
    id,
    outcome,
    jobId,
    note,
  ]);
}

/** Keeps the newest of each schedule, and nothing that is older than some days. */
export async function deleteOldRuns(sql: Sql, keep: number, days: number): Promise<void> {
  await sql.query(
    `DELETE FROM schedule_run r USING (
       SELECT s.id, (
         SELECT o.id FROM schedule_run o WHERE o.schedule_id = s.id ORDER BY o.id DESC OFFSET $1 LIMIT 1) AS last_id
       FROM job_schedule s) c
     WHERE r.schedule_id = c.id AND r.id <= c.last_id`,
    [keep],
  );
  await sql.query("DELETE FROM schedule_run WHERE at < now() - make_interval(days => $1)", [days]);
}
