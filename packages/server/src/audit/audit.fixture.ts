import { createSystemClock } from "../platform/clock.ts";
import { createIds } from "../platform/ids.ts";
import type { AuditRow } from "./audit.store.ts";

const ids = createIds(createSystemClock());

export const rowOf = (action: string, more: Partial<AuditRow> = {}): AuditRow => ({
  id: ids.uuid(),
  action,
  outcome: "ok",
  code: null,
  actorId: null,
  actorEmail: "ann@example.com",
  via: "session",
  keyName: null,
  address: "192.0.2.7",
  requestId: null,
  targetType: "user",
  targetId: "u1",
  before: null,
  after: '{"n":1.50,"ü":"\\u00e4","a":[1,null]}',
  reason: null,
  undoes: null,
  ...more,
});

/** Statement of an owner who knows how the chain is made: hashes the log anew from a row on. */
export const rechainFrom = (seq: number): string => `
  DO $$
  DECLARE
    e audit_event;
    head bytea;
  BEGIN
    SELECT hash INTO head FROM audit_event WHERE seq = ${seq - 1};
    head := coalesce(head, decode(repeat('00', 32), 'hex'));
    FOR e IN SELECT * FROM audit_event WHERE seq >= ${seq} ORDER BY seq LOOP
      head := sha256(head || convert_to(audit_event_text(e), 'UTF8'));
      UPDATE audit_event SET hash = head WHERE seq = e.seq;
    END LOOP;
  END $$`;
