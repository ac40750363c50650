import type { JobDefinition } from "@switchboard/server";

/** The application's own jobs: define one in a file beside this one and list it here. */
export const jobs: readonly JobDefinition[] = [];
