import { z } from "zod";
import { defineJob, type JobDefinition } from "../define.ts";
import { createSystemClock } from "../platform/clock.ts";

const SLEEP_MAX_MS = 10 * 60_000;
const clock = createSystemClock();

const sleepJob = defineJob({
  name: "lab.sleep",
  description: "Sleeps for the given milliseconds and reports its progress.",
  input: z.object({ ms: z.number().int().min(0).max(SLEEP_MAX_MS) }),
  output: z.object({ sleptMs: z.number() }),
  timeoutMs: SLEEP_MAX_MS + 60_000,
  run: async ({ input, signal, progress }) => {
    const startMs = clock.monotonicMs();
    const stepMs = Math.max(100, input.ms / 100);
    for (let sleptMs = 0; sleptMs < input.ms; sleptMs += stepMs) {
      await clock.sleep(Math.min(stepMs, input.ms - sleptMs), signal);
      progress(Math.min(1, (sleptMs + stepMs) / input.ms));
    }
    return { sleptMs: clock.monotonicMs() - startMs };
  },
});

const failJob = defineJob({
  name: "lab.fail",
  description: "Fails the given number of attempts, then succeeds.",
  input: z.object({ times: z.number().int().min(0).max(1000) }),
  output: z.object({ attempts: z.number().int() }),
  retry: { attempts: 5, backoffMs: 200, maxDelayMs: 5000 },
  run: ({ input, attempt, log }) => {
    log.info(`attempt ${attempt} of at least ${input.times + 1}`);
    if (attempt <= input.times)
      throw new Error(`lab.fail was asked to fail ${input.times} times; this is attempt ${attempt}.`);
    return { attempts: attempt };
  },
});

/** Jobs to try the queue with. */
export const labJobs: readonly JobDefinition[] = [sleepJob, failJob];
