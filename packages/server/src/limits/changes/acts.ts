import type { Pool } from "pg";
import { z } from "zod";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { limitChanged } from "../limits.errors.ts";
import type { LimitGate } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import {
  limitValuesSchema,
  type limitHistoryInput,
  type limitHistoryPage,
  type LimitRow,
  type LimitUpdate,
} from "../limits.schema.ts";
import {
  deleteChange,
  holdChange,
  insertHistory,
  isDue,
  lockLimit,
  revertDue,
  selectChange,
  selectHistory,
  selectUntil,
  upsertChange,
  type StoredChange,
} from "./changes.store.ts";
import { decidePutBack, decideUpdate, toKept, type Decision } from "./decide.ts";
import type { FollowedChanges } from "./follow.ts";

/** How a limit runs, as the audit log notes it before and after an act. */
export const limitNoteSchema = limitValuesSchema.extend({
  revertAt: timestampSchema.nullable(),
  revertTo: limitValuesSchema.nullable(),
});
export type LimitNote = z.output<typeof limitNoteSchema>;

export interface LimitActs {
  history(query: z.output<typeof limitHistoryInput>): Promise<z.output<typeof limitHistoryPage>>;
  /** As `limits.update` says. Runs in this process before it resolves, in all others within two seconds. */
  update(principal: Principal, update: LimitUpdate): Promise<{ readonly row: LimitRow; readonly note: AuditNote }>;
  /** For undo: how a limit is, as the database has it. Raises 404 `LIMIT_NOT_FOUND`. */
  read(name: string): Promise<LimitNote>;
  /** For undo: as it was. By the rules of `update`. */
  putBack(principal: Principal, name: string, noted: LimitNote, reason: string | undefined): Promise<AuditNote>;
}

export interface LimitActsDeps {
  readonly pool: Pool;
  readonly registry: Pick<LimitRegistry, "find">;
  readonly follower: Pick<FollowedChanges, "adopt">;
}

interface Act {
  readonly principal: Principal;
  readonly name: string;
  readonly reason: string | undefined;
  readonly expectedRevision?: number | undefined;
  /** Undefined when there is nothing to do. */
  decide(sql: Sql, limit: LimitGate, present: StoredChange | undefined): Promise<Decision | undefined>;
}

interface Written {
  readonly revision: number;
  readonly change: StoredChange | undefined;
}

const CURSOR = "limits.history";

export function createLimitActs({ pool, registry, follower }: LimitActsDeps): LimitActs {
  const run = async (act: Act): Promise<{ row: LimitRow; note: AuditNote }> => {
    const { name, reason } = act;
    const limit = registry.find(name);
    const { before, after, written } = await inTransaction(pool, async (sql) => {
      const present = await holdPresent(sql, name);
      await requireRevision(sql, act, present);
      const decision = await act.decide(sql, limit, present);
      const was = toNote(limit, present);
      if (!decision) return { before: was, after: was, written: undefined };
      const made = await write(sql, act, limit, present, decision);
      return { before: was, after: toNote(limit, made.change), written: made };
    });
    if (written) follower.adopt(name, written.revision, written.change);
    return {
      row: limit.row(),
      note: { targetType: "limit", targetId: name, before, after, ...(reason === undefined ? {} : { reason }) },
    };
  };

  return {
    history: async ({ name, cursor, limit }) => {
      const before = cursor === undefined ? undefined : parseCursor(CURSOR, cursor, historyKeys)[0];
      const found = await selectHistory(pool, { name, before, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: found.length > limit && last ? toCursor(CURSOR, [last.id]) : null };
    },
    update: (principal, update) => {
      const { name, reason, expectedRevision } = update;
      const decide: Act["decide"] = (_sql, limit, present) =>
        Promise.resolve(decideUpdate(limit, present, update, principal.role));
      return run({ principal, name, reason, expectedRevision, decide });
    },
    read: async (name) => toNote(registry.find(name), await selectChange(pool, name)),
    putBack: async (principal, name, noted, reason) => {
      const { revertAt, revertTo, ...values } = noted;
      const decide: Act["decide"] = async (sql, limit, present) => {
        // Whoever puts it back keeps it, unless somebody is known to have kept just that.
        const until = revertAt === null ? null : await selectUntil(sql, revertAt);
        const by = { by: toName(principal), at: until?.now ?? "", reason: reason ?? null };
        return decidePutBack(limit, present, { values, revertTo, by, forMs: until?.ms ?? null }, principal.role);
      };
      return (await run({ principal, name, reason, decide })).note;
    },
  };
}

const historyKeys = z.tuple([z.string().regex(/^\d{1,18}$/)]);

/** Under which name an act is kept. */
export const toName = ({ keyName, email }: Principal): string => keyName ?? email;

/** Nobody changes it before the transaction ends, and it has gone back if its time has come. */
async function holdPresent(sql: Sql, name: string): Promise<StoredChange | undefined> {
  await lockLimit(sql, name);
  const present = await holdChange(sql, name);
  if (!present || !isDue(present)) return present;
  await revertDue(sql);
  return holdChange(sql, name);
}

async function requireRevision(
  sql: Sql,
  { name, expectedRevision }: Act,
  present: StoredChange | undefined,
): Promise<void> {
  if (expectedRevision === undefined || expectedRevision === (present?.revision ?? 0)) return;
  const [last] = present ? [present] : await selectHistory(sql, { name, caller: null, limit: 1 });
  throw limitChanged(name, last);
}

async function write(
  sql: Sql,
  { name, principal, reason: given }: Act,
  limit: LimitGate,
  present: StoredChange | undefined,
  { cause, values, forMs, base, keeper }: Decision,
): Promise<Written> {
  const by = toName(principal);
  const reason = given ?? null;
  const before = present?.values ?? limit.configured;
  const { revision, at } = await insertHistory(sql, {
    name,
    caller: null,
    by,
    cause,
    before,
    after: values,
    reason,
    forMs,
  });
  if (keeper === null) {
    await deleteChange(sql, name);
    return { revision, change: undefined };
  }
  // What is kept goes on for the reason that it was made for.
  const why = cause === "keep" ? (reason ?? present?.reason ?? null) : reason;
  const kept = keeper === "caller" ? { by, at, reason: why } : keeper;
  return { revision, change: await upsertChange(sql, { name, values, revision, ...kept, forMs, base }) };
}

function toNote(limit: LimitGate, present: StoredChange | undefined): LimitNote {
  const base = present?.base ? toKept(limit, present) : null;
  if (!present || (base && isDue(present)))
    return { ...(base?.values ?? limit.configured), revertAt: null, revertTo: null };
  return { ...present.values, revertAt: present.revertAt, revertTo: base?.values ?? null };
}
