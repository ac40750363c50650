import type { Database } from "@switchboard/db";
import { z } from "zod";
import type { AuditSink, Call } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import type { Principal } from "../trpc/context.ts";
import { parseCursor, timestampSchema, toCursor } from "../trpc/wire.ts";
import { auditEventNotFound } from "./audit.errors.ts";
import type {
  AuditEvent,
  AuditFilter,
  auditListInput,
  auditPage,
  integritySchema,
  markersInput,
  markersOutput,
  undoInput,
  undoOutput,
  undoPreviewSchema,
} from "./audit.schema.ts";
import {
  appendEvents,
  selectChainEnds,
  selectEvent,
  selectEvents,
  selectIsSeparated,
  selectMarked,
  type AuditRow,
  type StoredEvent,
} from "./audit.store.ts";
import { createGroupCommit } from "./group-commit.ts";
import { toMarked, toMarkerKind } from "./markers.ts";
import { replaceVersion } from "./retention.store.ts";
import { createRetention, type Retention } from "./retention.ts";
import { createToRow, type AuditedProcedure, type NoteSchema } from "./to-row.ts";
import { createUndo, type Inverses, type UndoCaller } from "./undo.ts";

export interface AuditDeps {
  readonly database: Pick<Database, "pool">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The procedures with their schemas, which say what is secret in them. Read at the first row. Default: none are known. */
  readonly catalog?: () => readonly (Call & AuditedProcedure)[];
  /** By action: what a note holds where the procedure's own schemas do not say it. */
  readonly noteSchemas?: Readonly<Record<string, NoteSchema>>;
  /** What takes back which action. Read when asked, for it is made of features that are made with this one. Default: nothing. */
  readonly inverses?: () => Inverses;
  /** Of the program; a change of it is an event. Default: it is not told. */
  readonly version?: string;
}

export interface Audit extends Service {
  readonly sink: AuditSink;
  list(input: z.output<typeof auditListInput>): Promise<z.infer<typeof auditPage>>;
  /** All that pass the filter, newest first; what is added meanwhile does not come up. Raises the reason of an aborted signal. */
  pages(filter: AuditFilter, signal: AbortSignal): AsyncGenerator<readonly AuditEvent[]>;
  /** Raises 404 `AUDIT_EVENT_NOT_FOUND`. */
  get(id: string): Promise<AuditEvent>;
  /** Raises 404 `AUDIT_EVENT_NOT_FOUND`, 409 `NO_INVERSE`, `NOT_OK`. */
  undoPreview(principal: Principal, id: string): Promise<z.infer<typeof undoPreviewSchema>>;
  /**
   * Does the opposite as the caller, by their right to it. Raises also 403 `RIGHT_MISSING`, `SCOPE_MISSING`, `STEP_UP_REQUIRED`, 409
   * `ALREADY_UNDONE`, `UNDO_STALE`, and what the opposite act raises.
   */
  undo(caller: UndoCaller, input: z.output<typeof undoInput>): Promise<z.infer<typeof undoOutput>>;
  integrity(): Promise<z.infer<typeof integritySchema>>;
  markers(input: z.output<typeof markersInput>): Promise<z.infer<typeof markersOutput>>;
  readonly retention: Pick<Retention, "read" | "preview" | "set">;
  /** Removes what retention does not keep, as the timer does every hour. Never rejects. */
  sweep(): Promise<void>;
}

const LIST = "audit.list";
const EXPORT_PAGE = 1000;
/** Of reading, for one page of events that can be undone. */
const ROUNDS_MAX = 20;
const MARKERS_MAX = 200;
const HOUR_MS = 3_600_000;
const cursorKeys = z.tuple([timestampSchema, z.number().int()]);

/** The log of what was done: written by the chain of every mutation, read by operators, and linked row by row by hashes. */
export function createAudit(deps: AuditDeps): Audit {
  const { clock, ids, logger, catalog = () => [], noteSchemas = {}, inverses = () => ({}), version } = deps;
  const { pool } = deps.database;
  const toRow = createToRow({ catalog, noteSchemas });
  const commit = createGroupCommit<AuditRow>({
    insert: (rows) => appendEvents(pool, rows),
    onFailed: (error, rows) => logger.error("audit.insert-failed", { err: error, rows }),
  });
  const sink: AuditSink = { record: (entry) => commit.store(toRow(ids.uuid(), entry)) };
  const retention = createRetention({ pool, ids });
  const undo = createUndo({
    pool,
    inverses,
    catalog,
    toRow: ({ path }, { principal, address, requestId }, note, undoes) =>
      toRow(ids.uuid(), { action: path, outcome: "ok", code: undefined, principal, address, requestId, note }, undoes),
    append: (sql, row) => appendEvents(sql, [row]),
  });
  const life = new AbortController();
  let sweeping: Promise<void> = Promise.resolve();

  const toItem = (event: StoredEvent): AuditEvent => ({ ...event, undo: undo.stateOf(event) });

  /** Whether an event can be undone is known for sure once it is read: as many are read as it takes to fill a page. */
  const readPage = async (
    { undo: only, ...filter }: AuditFilter,
    after: readonly [string, number] | undefined,
    limit: number,
  ): Promise<{ items: AuditEvent[]; next: readonly [string, number] | undefined }> => {
    const items: AuditEvent[] = [];
    const undoable = only && undo.undoable();
    let position = after;
    for (let round = 1; ; round += 1) {
      const found = await selectEvents(pool, { ...filter, undoable, after: position, limit: limit + 1 });
      const isLast = found.length <= limit;
      for (const event of found.slice(0, limit)) {
        position = [event.at, event.seq];
        const item = toItem(event);
        if (!only || item.undo.possible) items.push(item);
        if (items.length === limit) break;
      }
      const isAtEnd = isLast && position?.[1] === (found.at(-1)?.seq ?? position?.[1]);
      if (isAtEnd) return { items, next: undefined };
      // A page may be short: the next one goes on from here.
      if (items.length === limit || round === ROUNDS_MAX) return { items, next: position };
    }
  };

  const logHead = async (): Promise<void> => {
    const { headSeq, headHash } = await selectChainEnds(pool);
    // Kept elsewhere, it shows later whether the end of the log was cut off or made anew: see audit:verify.
    logger.info("audit.head", { seq: headSeq, hash: headHash });
  };

  const prune = async (): Promise<void> => {
    const removed = await retention.sweep(life.signal);
    if (removed > 0) logger.info("audit.pruned", { events: removed });
  };

  const inBackground = (...works: readonly (() => Promise<void>)[]): Promise<void> => {
    const run = async (): Promise<void> => {
      try {
        for (const work of works) await work();
      } catch (error) {
        logger.warn("audit.sweep-failed", { err: error });
      }
    };
    return (sweeping = run());
  };

  const noteDeploy = async (): Promise<void> => {
    const replaced = version === undefined ? undefined : await replaceVersion(pool, version);
    if (!replaced) return;
    const note = { before: { version: replaced.before }, after: { version } };
    await sink.record({
      action: "server.deploy",
      outcome: "ok",
      code: undefined,
      principal: undefined,
      address: "",
      requestId: "",
      note,
    });
  };

  return {
    name: "audit",
    start: async () => {
      if (!(await selectIsSeparated(pool))) {
        logger.warn("audit.role-not-separated", {
          reason:
            "The database role of this server could change the audit log. Let it create roles once, or accept that.",
        });
      }
      await noteDeploy();
      await logHead();
      // Also right away: a process may never get an hour old.
      void inBackground(prune);
      clock.every(HOUR_MS, () => inBackground(prune, logHead), life.signal);
    },
    stop: async () => {
      life.abort();
      await sweeping;
      await commit.settled();
    },
    sink,

    list: async ({ limit, cursor, ...filter }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const { items, next } = await readPage(filter, after, limit);
      return { items, nextCursor: next ? toCursor(LIST, next) : null };
    },

    pages: async function* (filter, signal) {
      let after: readonly [string, number] | undefined;
      do {
        signal.throwIfAborted();
        const { items, next } = await readPage(filter, after, EXPORT_PAGE);
        yield items;
        after = next;
      } while (after);
    },

    get: async (id) => {
      const event = await selectEvent(pool, id);
      if (!event) throw auditEventNotFound();
      return toItem(event);
    },

    undoPreview: undo.preview,
    undo: async (caller, { id, reason }) => ({ eventId: await undo.run(caller, id, reason) }),

    integrity: async () => {
      const [{ firstSeq, headSeq, headHash, pruned }, retentionDays, isRoleSeparated] = await Promise.all([
        selectChainEnds(pool),
        retention.read(),
        selectIsSeparated(pool),
      ]);
      const events = firstSeq === 0 ? 0 : headSeq - firstSeq + 1;
      return { events, firstSeq, headSeq, headHash, pruned, retentionDays, isRoleSeparated };
    },

    markers: async ({ from, to }) => {
      const mutations = catalog().filter(({ type }) => type === "mutation");
      const actions = toMarked(mutations.map(({ path }) => path));
      const found = await selectMarked(pool, { from, to, actions, limit: MARKERS_MAX });
      return { items: found.map((event) => ({ ...event, kind: toMarkerKind(event.action) })) };
    },

    retention,
    sweep: () => inBackground(prune),
  };
}
