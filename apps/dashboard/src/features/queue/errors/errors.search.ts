import { defineSearch, oneOf, type Param, text } from "../../../lib/search.ts";

const queueName: Param<string> = { parse: (raw) => (/^[a-z][a-z0-9.-]{0,99}$/.test(raw) ? raw : undefined) };
const jobName: Param<string> = {
  parse: (raw) => (/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/.test(raw) ? raw : undefined),
};
const fingerprint: Param<string> = { parse: (raw) => (/^[0-9a-f]{16}$/.test(raw) ? raw : undefined) };

export const errorSorts = ["lastSeen", "jobs"] as const;

export const errorsSearch = defineSearch({
  q: text(),
  queue: queueName,
  name: jobName,
  /** `all`: also groups none of whose jobs is failed or retrying any more. */
  show: oneOf("all"),
  sort: oneOf(...errorSorts),
  /** The open group, by its fingerprint. */
  peek: fingerprint,
});
