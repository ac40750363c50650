import type { z } from "zod";
import type { JobDefinition } from "./define.ts";

/**
 * What the jobs of a list take and give, by name: `createClient<AppRouter, JobsOf<typeof jobs>>({ url })`. The list is a tuple, as
 * `[sendWelcome, billCustomer] as const`; a `JobDefinition[]` has forgotten its names.
 */
export type JobsOf<List extends readonly JobDefinition[]> = {
  readonly [Job in List[number] as Job["name"]]: {
    readonly input: z.input<Job["input"]>;
    /** As JSON brings it: without an `output` schema it is unknown. */
    readonly output: z.output<NonNullable<Job["output"]>>;
    readonly progress: z.output<NonNullable<Job["progress"]>>;
  };
};
