import { z } from "zod";
import { timestampSchema } from "../../trpc/wire.ts";
import { callerLabelSchema, callerSchema } from "../caller.schema.ts";

const MINUTE_MS = 60_000;

/**
 * What would have come of the calls of the last minutes with other values. Raises 404 `LIMIT_NOT_FOUND`, 400 `LIMIT_NOT_A_RATE`, 400
 * `LIMIT_FIELD` and 400 `LIMIT_OUT_OF_BOUNDS`. Changes nothing.
 */
export const limitRehearseInput = z.strictObject({
  name: z.string().min(1).max(200),
  /** What is not named is as it is now. */
  values: z.strictObject({ limit: z.number().positive().optional(), burst: z.number().int().positive().optional() }),
  /** One caller only: as if it had an override with these values. */
  caller: callerSchema.optional(),
  /** How far back. Default and maximum 15 minutes. */
  windowMs: z
    .number()
    .int()
    .min(MINUTE_MS)
    .max(15 * MINUTE_MS)
    .default(15 * MINUTE_MS),
});
export type LimitRehearsal = z.output<typeof limitRehearseInput>;

const outcomeSchema = z.object({
  /** Calls. */
  refused: z.number().int(),
  /** Callers of which at least one call is refused. */
  callers: z.number().int(),
});

export const limitRehearseOutput = z.object({
  name: z.string(),
  /** First second that is replayed: later than asked for when the process is younger, or had more callers than it remembers. */
  from: timestampSchema,
  to: timestampSchema,
  /** Whether it goes back as far as was asked for. */
  isWhole: z.boolean(),
  /** Calls that came, refused or not, in this process. */
  arrivals: z.number().int(),
  callers: z.number().int(),
  /** Most calls in one second. */
  peakPerSecond: z.number().int(),
  /** With the values of now, by the same replay: like is compared with like. */
  now: outcomeSchema,
  /** With the values asked about. Never a function: nothing takes the answer for a promise. */
  asked: outcomeSchema,
  /** Who is refused most with the values asked about, at most five. */
  refusedMost: z.array(
    z.object({ caller: z.string(), label: callerLabelSchema, arrivals: z.number().int(), refused: z.number().int() }),
  ),
});
export type LimitRehearsalOutcome = z.infer<typeof limitRehearseOutput>;
