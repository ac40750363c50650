import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Pool } from "pg";
import type { Call } from "../middleware/chain.ts";
import { requireRight } from "../middleware/rights.ts";
import { findAppError } from "../platform/errors.ts";
import { inTransaction, isUniqueViolation, type Sql } from "../platform/sql.ts";
import type { AuditNote, Principal } from "../trpc/context.ts";
import { requireVerified } from "../trpc/ranks.ts";
import type { Json } from "../trpc/wire.ts";
import { alreadyUndone, auditEventNotFound, noInverse, notOk, undoStale } from "./audit.errors.ts";
import type { AuditEvent, undoPreviewSchema } from "./audit.schema.ts";
import { selectEvent, type AuditRow, type StoredEvent } from "./audit.store.ts";
import { REDACTED, TOO_DEEP } from "./redact.ts";

/**
 * What takes back an act. The states are of whatever the act is about, as JSON and in the same shape all three: compared, and shown to
 * whoever is about to undo.
 */
export interface Inverse {
  /** The procedure that it amounts to, under whose name it is recorded. The caller needs the right to it. */
  readonly path: string;
  /** Whether an event says what is needed. Asked for each row of a list: it looks at nothing but the event. */
  fits(event: StoredEvent): boolean;
  /** As the event left it. */
  left(event: StoredEvent): Json;
  /** As it is to be. */
  restored(event: StoredEvent): Json;
  /** As it is. */
  read(event: StoredEvent, principal: Principal): Promise<Json>;
  /** Does it, with the ranks and rules of the procedure. */
  run(principal: Principal, event: StoredEvent, reason: string | undefined): Promise<AuditNote>;
}

/**
 * The inverse of a change of some fields, of which the event noted how they were before and after. Only those that it changed count: what
 * somebody has done to the others since neither hinders the undo nor is touched by it.
 */
export function createFieldsInverse<Field extends string>(options: {
  readonly path: string;
  readonly fields: readonly Field[];
  /** The target as it is; null when it is gone. */
  read(id: string, principal: Principal): Promise<object | null>;
  run(
    principal: Principal,
    id: string,
    restored: Readonly<Partial<Record<Field, Json>>>,
    reason: string | undefined,
  ): Promise<AuditNote>;
}): Inverse {
  const changed = ({ before, after }: StoredEvent): Field[] =>
    options.fields.filter(
      (field) => has(before, field) && has(after, field) && !isDeepStrictEqual(before[field], after[field]),
    );
  const pick = (event: StoredEvent, from: unknown): Record<string, Json> =>
    Object.fromEntries(changed(event).flatMap((field) => (has(from, field) ? [[field, from[field]] as const] : [])));
  return {
    path: options.path,
    fits: (event) => event.targetId !== null && changed(event).length > 0,
    left: (event) => pick(event, event.after),
    restored: (event) => pick(event, event.before),
    read: async (event, principal) => pick(event, await options.read(event.targetId ?? "", principal)),
    run: (principal, event, reason) => {
      const restored = pick(event, event.before) as Partial<Record<Field, Json>>;
      return options.run(principal, event.targetId ?? "", restored, reason);
    },
  };
}

function has<Field extends string>(value: unknown, field: Field): value is Record<Field, Json> {
  return typeof value === "object" && value !== null && Object.hasOwn(value, field);
}

/** By the action that is taken back. */
export type Inverses = Readonly<Record<string, Inverse>>;

export interface UndoCaller {
  readonly principal: Principal;
  readonly address: string;
  readonly requestId: string;
}

export interface UndoDeps {
  readonly pool: Pool;
  readonly inverses: () => Inverses;
  readonly catalog: () => readonly Call[];
  /** The row of an undo, and its storage as part of a transaction. */
  toRow(inverse: Inverse, caller: UndoCaller, note: AuditNote, undoes: string): AuditRow;
  append(sql: Sql, row: AuditRow): Promise<void>;
}

export interface Undo {
  stateOf(event: StoredEvent): AuditEvent["undo"];
  /** Actions that have an inverse, and texts by which a stored note shows that it does not hold all. */
  undoable(): { readonly actions: readonly string[]; readonly omissions: readonly string[] };
  preview(principal: Principal, id: string): Promise<z.infer<typeof undoPreviewSchema>>;
  /** Resolves to the id of the event that says so. */
  run(caller: UndoCaller, id: string, reason: string | undefined): Promise<string>;
}

/** As a stored note shows it, see redact.ts; a text of a caller's that reads the same costs that event its undo. */
const OMISSIONS = [JSON.stringify(REDACTED), JSON.stringify(TOO_DEEP), '"truncated": true'];

export function createUndo({ pool, inverses, catalog, toRow, append }: UndoDeps): Undo {
  let last: Promise<unknown> = Promise.resolve();
  // Made once: a list asks for them at each of its rows.
  let made: Inverses | undefined;
  const known = (): Inverses => (made ??= inverses());

  const inverseOf = (event: StoredEvent): Inverse | undefined => {
    const all = known();
    const inverse = Object.hasOwn(all, event.action) ? all[event.action] : undefined;
    return inverse && isComplete(event) && inverse.fits(event) ? inverse : undefined;
  };

  const stateOf = (event: StoredEvent): AuditEvent["undo"] => {
    if (event.outcome !== "ok") return { possible: false, code: "NOT_OK" };
    if (event.undoneBy !== null) return { possible: false, code: "ALREADY_UNDONE" };
    return inverseOf(event) ? { possible: true, code: null } : { possible: false, code: "NO_INVERSE" };
  };

  const find = async (sql: Sql, id: string): Promise<{ event: StoredEvent; inverse: Inverse }> => {
    const event = await selectEvent(sql, id);
    if (!event) throw auditEventNotFound();
    if (event.outcome !== "ok") throw notOk();
    const inverse = inverseOf(event);
    if (!inverse) throw noInverse(event.action);
    return { event, inverse };
  };

  /** Raises what stands against it before it is tried. */
  const check = (principal: Principal, { event, inverse }: Awaited<ReturnType<typeof find>>, present: Json): void => {
    const call = catalog().find(({ path }) => path === inverse.path);
    if (!call) throw new Error(`${event.action} is undone by ${inverse.path}, which is no procedure.`);
    requireRight(principal, call);
    if (call.meta.stepUp === true) requireVerified(principal);
    if (event.undoneBy !== null) throw alreadyUndone(event.undoneBy);
    if (!isDeepStrictEqual(present, inverse.left(event))) throw undoStale();
  };

  const run = (caller: UndoCaller, id: string, reason: string | undefined): Promise<string> =>
    inTransaction(pool, async (sql) => {
      await lockUndo(sql, id);
      const found = await find(sql, id);
      const { event, inverse } = found;
      check(caller.principal, found, await inverse.read(event, caller.principal));
      const note = await inverse.run(caller.principal, event, reason);
      const row = toRow(inverse, caller, { ...note, ...(reason === undefined ? {} : { reason }) }, event.id);
      await append(sql, row).catch((error: unknown) => {
        throw isUniqueViolation(error) ? alreadyUndone(null) : error;
      });
      return row.id;
    });

  return {
    stateOf,
    undoable: () => ({ actions: Object.keys(known()), omissions: OMISSIONS }),

    preview: async (principal, id) => {
      const found = await find(pool, id);
      const { event, inverse } = found;
      const from = await inverse.read(event, principal);
      return {
        action: inverse.path,
        target: event.targetId,
        from,
        to: inverse.restored(event),
        refusal: refusalOf(() => check(principal, found, from)),
      };
    },

    run: (caller, id, reason) => {
      // One at a time: an undo holds a connection for its lock while the act takes others, and several would wait for each other's.
      const mine = last.then(() => run(caller, id, reason));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** Two undos of one event wait for each other, on all processes. */
async function lockUndo(sql: Sql, id: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended('audit.undo ' || $1, 0))", [id]);
}

function isComplete({ before, after }: StoredEvent): boolean {
  const isTruncated = (note: Json | null): boolean =>
    typeof note === "object" && note !== null && !Array.isArray(note) && note["truncated"] === true;
  const text = JSON.stringify([before, after]);
  return (
    !isTruncated(before) &&
    !isTruncated(after) &&
    !text.includes(OMISSIONS[0] ?? "") &&
    !text.includes(OMISSIONS[1] ?? "")
  );
}

function refusalOf(check: () => void): { code: string; message: string } | null {
  try {
    check();
    return null;
  } catch (error) {
    const refusal = findAppError(error);
    if (!refusal) throw error;
    return { code: refusal.code, message: refusal.publicMessage };
  }
}
