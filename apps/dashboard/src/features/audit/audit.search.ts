import { defineSearch, instant, oneOf, type Param, text } from "../../lib/search.ts";

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };
export const auditOutcomes = ["ok", "refused", "failed"] as const;
export const auditVias = ["session", "key", "system", "anonymous"] as const;

export const auditSearch = defineSearch({
  /** Start of an actor's e-mail or of a target's id. */
  q: text(),
  /** A procedure's path, or the start of one. */
  action: text(),
  /** Id of a person. */
  actor: id,
  /** Id of what was acted on. */
  target: text(),
  outcome: oneOf(...auditOutcomes),
  via: oneOf(...auditVias),
  /** Only what can be undone. */
  undo: oneOf("possible"),
  from: instant(),
  to: instant(),
  peek: id,
});
export type AuditSearch = ReturnType<typeof auditSearch>;
