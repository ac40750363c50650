import type { Database } from "@switchboard/db";
import { z } from "zod";
import type { AuditEntry, AuditSink } from "../middleware/chain.ts";
import { AppError } from "../platform/errors.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../trpc/wire.ts";
import type { AuditEvent, auditListInput, auditPage } from "./audit.schema.ts";
import { insertEvents, selectEvent, selectEvents, type AuditRow } from "./audit.store.ts";
import { toAuditJson, toStorableText } from "./redact.ts";

export interface AuditDeps {
  readonly database: Pick<Database, "pool">;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Dotted paths in `before` and `after` that are secret though their names do not say so. */
  readonly secretPaths?: readonly string[];
}

export interface Audit extends Service {
  readonly sink: AuditSink;
  list(input: z.output<typeof auditListInput>): Promise<z.infer<typeof auditPage>>;
  /** Raises 404 `AUDIT_EVENT_NOT_FOUND`. */
  get(id: string): Promise<AuditEvent>;
}

const LIST = "audit.list";
const cursorKeys = z.tuple([timestampSchema, idSchema]);
const TEXT_MAX_LENGTH = 2000;

export function createAudit({ database, ids, logger, secretPaths = [] }: AuditDeps): Audit {
  const secrets = new Set(secretPaths);
  const commit = createGroupCommit({
    toRow: (entry) => toRow(ids.uuid(), entry, secrets),
    insert: (rows) => insertEvents(database.pool, rows),
    onFailed: (error, rows) => logger.error("audit.insert-failed", { err: error, rows }),
  });
  return {
    name: "audit",
    start: () => Promise.resolve(),
    stop: commit.settled,
    sink: commit,

    list: async ({ limit, cursor, ...filter }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const found = await selectEvents(database.pool, { ...filter, after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(LIST, [last.at, last.id]) : null };
    },

    get: async (id) => {
      const event = await selectEvent(database.pool, id);
      if (event) return event;
      throw new AppError({
        kind: "NOT_FOUND",
        code: "AUDIT_EVENT_NOT_FOUND",
        publicMessage: "The audit log has no event with this id.",
      });
    },
  };
}

const BATCH_MAX = 500;

/**
 * Rows that arrive while one INSERT is under way are stored together by the next: under load a commit is shared by all calls of
 * a round trip, and a lonely call waits for nobody. When the INSERT fails, every caller whose row was in it gets the error.
 */
function createGroupCommit(options: {
  toRow(entry: AuditEntry): AuditRow;
  insert(rows: readonly AuditRow[]): Promise<void>;
  onFailed(error: unknown, rows: number): void;
}): AuditSink & { /** Resolves once no row waits. */ settled(): Promise<void> } {
  let waiting: { readonly row: AuditRow; readonly done: PromiseWithResolvers<void> }[] = [];
  let flushing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    // Once around the queue of microtasks, so that the calls of one batch land in the same INSERT.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_MAX);
      waiting = waiting.slice(BATCH_MAX);
      try {
        await options.insert(batch.map(({ row }) => row));
        for (const { done } of batch) done.resolve();
      } catch (error) {
        options.onFailed(error, batch.length);
        for (const { done } of batch) done.reject(error);
      }
    }
    flushing = undefined;
  };

  return {
    record: (entry) => {
      const done = Promise.withResolvers<void>();
      waiting.push({ row: options.toRow(entry), done });
      flushing ??= flush();
      return done.promise;
    },
    settled: async () => flushing,
  };
}

function toRow(id: string, entry: AuditEntry, secrets: ReadonlySet<string>): AuditRow {
  const { principal, note } = entry;
  return {
    id,
    action: toText(entry.action) ?? "",
    outcome: entry.outcome,
    code: toText(entry.code),
    actorId: principal?.userId ?? null,
    actorEmail: toText(principal?.email),
    // Without an address there was no caller: the server acted by itself.
    via: principal?.kind ?? (entry.address === "" ? "system" : "anonymous"),
    keyName: toText(principal?.keyName),
    address: toText(entry.address),
    requestId: toText(entry.requestId),
    targetType: toText(note.targetType),
    targetId: toText(note.targetId),
    before: toAuditJson(note.before, secrets),
    after: toAuditJson(note.after, secrets),
    reason: toText(note.reason),
  };
}

function toText(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : toStorableText(text.slice(0, TEXT_MAX_LENGTH));
}
