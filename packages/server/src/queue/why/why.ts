import type { Pool } from "pg";
import type { JobDefinition } from "../../define.ts";
import { toPace } from "../pace.ts";
import type { JobSummary, Waiting } from "../queue.schema.ts";
import { listPaces } from "../store/rates.store.ts";
import {
  countBefore,
  listHolders,
  readCrowd,
  readRateTurn,
  readStanding,
  type Crowd,
  type Standing,
} from "./why.store.ts";

export interface Why {
  /** Null for a job that does not wait. */
  explain(job: JobSummary): Promise<{ readonly waiting: Waiting; readonly sentence: string } | null>;
}

export interface WhyOptions {
  readonly pool: Pool;
  readonly staleMs: number;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
}

/** Estimates move on with each look; to the step they hold for a while. */
const EXPECTED_STEP_MS = 5000;

/** Why a job waits, from the rows that the claim reads. The limits of a definition are those of this process's code. */
export function createWhy({ pool, staleMs, definitions }: WhyOptions): Why {
  const findLimit = async (
    job: JobSummary,
    used: Crowd,
    { settings }: Standing,
  ): Promise<Extract<Waiting, { kind: "limit" }> | undefined> => {
    const { queue, name, key } = job;
    const own = definitions.get(name)?.concurrency;
    const limits = [
      { scope: "queue", of: queue, limit: settings.globalConcurrency, used: used.queue, holders: {} },
      { scope: "name", of: name, limit: own?.global, used: used.name, holders: { name } },
      { scope: "key", of: key, limit: settings.keyConcurrency, used: used.key, holders: { key } },
      { scope: "key", of: key, limit: own?.perKey, used: used.pair, holders: { name, key } },
    ] as const;
    for (const { scope, of, limit, used: places, holders } of limits) {
      if (of === null || limit === null || limit === undefined || places < limit) continue;
      return { kind: "limit", scope, of, limit, holders: await listHolders(pool, queue, holders) };
    }
    return undefined;
  };

  const findRate = async (
    { queue, name }: JobSummary,
    { settings }: Standing,
  ): Promise<Extract<Waiting, { kind: "rate" }> | undefined> => {
    const rates = [
      { of: queue, scope: `queue:${queue}`, rate: settings.rateLimit },
      { of: name, scope: `job:${name}`, rate: definitions.get(name)?.rateLimit },
    ];
    for (const { of, scope, rate } of rates) {
      const until = rate ? await readRateTurn(pool, scope, rate) : undefined;
      if (rate && until !== undefined) return { kind: "rate", of, limit: rate.limit, perMs: rate.perMs, until };
    }
    return undefined;
  };

  /** By the queue's slots, or by the places that each process gives to jobs of the name. */
  const findPlaces = ({ name }: JobSummary, used: Crowd, { slots, running }: Standing) => {
    const perProcess = definitions.get(name)?.concurrency.perProcess;
    const places = perProcess === undefined ? undefined : Math.min(slots, perProcess * running);
    if (used.slots >= slots) return { used: used.slots, total: slots, of: undefined };
    if (places !== undefined && places < slots && used.places >= places)
      return { used: used.places, total: places, of: name };
    return undefined;
  };

  const findPosition = async (job: JobSummary, { slots, asOf }: Standing) => {
    const [{ before, isExact }, paces] = await Promise.all([countBefore(pool, job), listPaces(pool)]);
    const pace = toPace(paces.get(job.queue), slots);
    const expectedMs = pace && isExact ? Date.parse(asOf) + ((before + 1) / pace.expected) * 1000 : undefined;
    return {
      position: before + 1,
      isPositionExact: isExact,
      expectedStartAt:
        expectedMs === undefined
          ? null
          : new Date(Math.ceil(expectedMs / EXPECTED_STEP_MS) * EXPECTED_STEP_MS).toISOString(),
    };
  };

  return {
    explain: async (job) => {
      if (job.state !== "available" && job.state !== "scheduled" && job.state !== "retryable") return null;
      const { queue, name } = job;
      const standing = await readStanding(pool, job, staleMs);
      const say = (waiting: Waiting, sentence: string) => ({ waiting, sentence });

      if (standing.pausedAt !== null) {
        const by = standing.pausedBy === null ? "" : ` by ${standing.pausedBy}`;
        const waiting: Waiting = { kind: "paused", queue, by: standing.pausedBy, since: standing.pausedAt };
        return say(waiting, `The queue ${queue} is paused${by}.`);
      }
      if (standing.seen === 0) return say({ kind: "unserved", queue, quiet: 0 }, "No process that runs jobs is up.");
      if (standing.defining === 0)
        return say({ kind: "undefined", name }, `No job named ${name} is defined in the processes that run jobs.`);
      if (standing.running === 0)
        return say(
          { kind: "unserved", queue, quiet: standing.defining },
          `No process runs jobs of the queue ${queue}: ${standing.defining === 1 ? "the one that could is" : `all ${standing.defining} that could are`} quiet.`,
        );
      if (standing.isAhead && job.state === "retryable") {
        const attempt = Math.min(job.attempts + 1, job.maxAttempts);
        return say(
          { kind: "retry", attempt, of: job.maxAttempts, until: job.scheduledFor },
          `Attempt ${attempt} of ${job.maxAttempts} starts at ${job.scheduledFor}.`,
        );
      }
      if (standing.isAhead) return say({ kind: "delayed", until: job.scheduledFor }, `Starts at ${job.scheduledFor}.`);

      const used = await readCrowd(pool, job, staleMs);
      const limit = await findLimit(job, used, standing);
      if (limit) {
        const what = { queue: `the queue ${limit.of}`, name: `the job ${limit.of}`, key: `the key ${limit.of}` }[
          limit.scope
        ];
        return say(limit, `The limit of ${limit.limit} running at once for ${what} is reached.`);
      }
      const rate = await findRate(job, standing);
      if (rate)
        return say(
          rate,
          `The rate of ${rate.limit} per ${rate.perMs} ms for ${rate.of} lets the next one start at ${rate.until}.`,
        );

      const position = await findPosition(job, standing);
      const inLine = `number ${position.position}${position.isPositionExact ? "" : " or later"} in line`;
      const places = findPlaces(job, used, standing);
      if (!places) return say({ kind: "position", ...position }, `Waits for a free slot, ${inLine}.`);
      const holders = await listHolders(pool, queue, { name: places.of });
      return say(
        { kind: "slots", used: places.used, total: places.total, holders, ...position },
        places.of === undefined
          ? `All ${places.total} slots of the queue ${queue} are busy; ${inLine}.`
          : `All ${places.total} places for the job ${places.of} are busy; ${inLine}.`,
      );
    },
  };
}
