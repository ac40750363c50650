import { defineSearch, type Param, text } from "../../../lib/search.ts";

const jobName: Param<string> = {
  parse: (raw) => (/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/.test(raw) ? raw : undefined),
};

export const schedulesSearch = defineSearch({
  q: text(),
  /** Schedules of this job only. */
  job: jobName,
});
