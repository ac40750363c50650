import type { Pool } from "pg";
import type { JobDefinition } from "../../define.ts";
import type { Ids } from "../../platform/ids.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { Json } from "../../trpc/wire.ts";
import { parseJobInput } from "../enqueue.ts";
import { deleteSchedule, holdDeclaredSchedule, insertSchedule, readNow, updateSchedule } from "./schedules.store.ts";
import { scheduleInvalid } from "./schedules.errors.ts";
import { findTimingIssues, nextTimes } from "./timing.ts";

export interface DeclaredOptions {
  readonly pool: Pool;
  readonly ids: Ids;
  readonly definitions: readonly JobDefinition[];
}

/** Any number, the same in each process. */
const DECLARE_LOCK = 7_245_002;

interface Declared {
  readonly definition: JobDefinition;
  readonly input: Json | undefined;
}

/**
 * Makes the schedules that definitions declare be those that are stored: called at the start of each process that runs jobs. While a
 * deploy replaces one release by another, the process that started last decides, which at its end is one of the new release. Jobs that
 * this process does not define at all are left alone: another release, or another kind of process, has them. A pause stays. Raises
 * `SCHEDULE_INVALID` or `JOB_INPUT_INVALID` for a definition that cannot be scheduled, and stores nothing.
 */
export async function storeDeclaredSchedules({ pool, ids, definitions }: DeclaredOptions): Promise<void> {
  const declared = definitions.map((definition): Declared => {
    const { cron } = definition;
    if (!cron) return { definition, input: undefined };
    const issues = findTimingIssues({ cron: cron.expression, everyMs: null, timeZone: cron.timeZone ?? "UTC" });
    if (issues.length > 0)
      throw scheduleInvalid(issues.map((issue) => ({ ...issue, path: [definition.name, ...issue.path] })));
    return { definition, input: parseJobInput(definition, cron.input, ["cron", "input"]) };
  });
  if (declared.length === 0) return;
  await inTransaction(pool, async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1)", [DECLARE_LOCK]);
    for (const one of declared) await storeOne(sql, ids, one);
  });
}

async function storeOne(sql: Sql, ids: Ids, { definition, input }: Declared): Promise<void> {
  const { name: jobName, cron } = definition;
  const stored = await holdDeclaredSchedule(sql, jobName, input);
  if (!cron || input === undefined) {
    if (stored) await deleteSchedule(sql, stored.id);
    return;
  }
  const timing = { cron: cron.expression, everyMs: null, timeZone: cron.timeZone ?? "UTC" };
  const isSameTiming = stored?.cron === timing.cron && stored.timeZone === timing.timeZone && stored.nextAt !== null;
  // A time that passed while no process was up waits for this one.
  if (stored && isSameTiming && stored.isSameInput) return;
  const now = stored?.now ?? (await readNow(sql));
  const nextAt = isSameTiming && stored ? stored.nextAt : (nextTimes(timing, now, 1)[0] ?? null);
  const settings = { jobName, input, ...timing, missed: stored?.missed ?? ("once" as const), nextAt };
  if (stored) return updateSchedule(sql, stored.id, { ...settings, name: stored.name });
  const made = { ...settings, id: ids.uuid(), origin: "definition" as const, isPaused: false, by: null };
  // An operator may have given its name to another schedule.
  for (const name of [jobName, `${jobName} (definition)`]) if (await insertSchedule(sql, { ...made, name })) return;
  throw new Error(`Schedules named ${jobName} and ${jobName} (definition) are there already: rename one of them.`);
}
