import type { JobDefinition, JobsOf } from "@switchboard/server";

/** The application's own jobs: define one in a file beside this one and list it here. */
export const jobs = [] as const satisfies readonly JobDefinition[];

/**
 * What clients know the jobs by: `createClient<AppRouter, Jobs>({ url })`.
 * @public
 */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- empty until a job is listed above
export type Jobs = JobsOf<typeof jobs>;
