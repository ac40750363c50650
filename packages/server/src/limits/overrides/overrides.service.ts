import type { Pool } from "pg";
import { z } from "zod";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { timestampSchema } from "../../trpc/wire.ts";
import { parseCaller } from "../caller.ts";
import { toName } from "../changes/acts.ts";
import {
  insertHistory,
  isDue,
  lockLimit,
  revertDue,
  selectChange,
  selectHistory,
  selectUntil,
} from "../changes/changes.store.ts";
import { toRunningValues } from "../changes/decide.ts";
import { toConfigured, type FollowedChanges } from "../changes/follow.ts";
import { limitChanged, limitOverrideNotFound, limitOverridesFull } from "../limits.errors.ts";
import type { RateGate } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import type { LimitCause, LimitValues } from "../limits.schema.ts";
import { decideOverride, requireOverride, toCallerValues, type Present } from "./decide.ts";
import type { LimitOverride, LimitOverrideDelete, LimitOverrideSet } from "./overrides.schema.ts";
import {
  countOverrides,
  deleteOverride,
  endDueOverrides,
  holdOverride,
  selectOverride,
  upsertOverride,
  type StoredOverride,
} from "./overrides.store.ts";
import type { RunningOverride } from "./own-rates.ts";

const PER_LIMIT_MAX = 200;

/** A caller's own allowance as the audit log notes it before and after an act; null for none. */
export const overrideNoteSchema = z.strictObject({
  limit: z.number(),
  burst: z.number().nullable(),
  until: timestampSchema.nullable(),
});
export type OverrideNote = z.output<typeof overrideNoteSchema>;

/** A caller's own allowance after an act, or before it was deleted, and what the audit row says of it. */
export interface OverrideChanged {
  readonly override: LimitOverride;
  readonly note: AuditNote;
}

/** Whose allowance it is, of which limit. */
export interface OverrideTarget {
  readonly name: string;
  readonly caller: string;
}

export interface LimitOverrides {
  /** As `limits.override.set` says. Runs in this process before it resolves, in all others within two seconds. */
  set(principal: Principal, override: LimitOverrideSet): Promise<OverrideChanged>;
  /** As `limits.override.delete` says. Answers what the caller had. */
  delete(principal: Principal, override: LimitOverrideDelete): Promise<OverrideChanged>;
  /** Of a limit, as this process runs them, the newest first. */
  list(rate: RateGate): Promise<LimitOverride[]>;
  /** For undo: what a caller has of its own, as the database has it. Raises 404 `LIMIT_NOT_FOUND`. */
  read(target: OverrideTarget): Promise<OverrideNote | null>;
  /** For undo: as it was, or nothing where its time has passed since. By the rules of `set`. */
  putBack(
    principal: Principal,
    target: OverrideTarget,
    noted: OverrideNote | null,
    reason: string | undefined,
  ): Promise<AuditNote>;
}

export interface LimitOverridesDeps {
  readonly pool: Pool;
  readonly registry: Pick<LimitRegistry, "findRate" | "gates">;
  readonly follower: Pick<FollowedChanges, "adoptOverride">;
  readonly describeCallers: (callers: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** What is to become of a caller; `values` null ends what it has of its own. */
interface Decision {
  readonly cause: LimitCause;
  readonly values: LimitValues | null;
  readonly forMs: number | null;
}

interface Act extends OverrideTarget {
  readonly principal: Principal;
  readonly reason: string | undefined;
  /** Undefined when there is nothing to do. */
  decide(sql: Sql, present: Present): Promise<Decision | undefined>;
}

interface Acted {
  readonly before: StoredOverride | undefined;
  readonly after: StoredOverride | undefined;
  readonly note: AuditNote;
}

export function createLimitOverrides(deps: LimitOverridesDeps): LimitOverrides {
  const { pool, registry, follower, describeCallers } = deps;

  const findTarget = (name: string, caller: string): OverrideTarget => {
    const { scope } = registry.findRate(name);
    return { name, caller: parseCaller(caller, scope) };
  };

  const run = async (act: Act): Promise<Acted> => {
    const { name, caller, reason } = act;
    const limit = registry.findRate(name);
    const { before, after, revision } = await inTransaction(pool, async (sql) => {
      const present = { limit, ...(await holdPresent(sql, act, () => toConfigured(registry))) };
      const was = present.override;
      const decision = await act.decide(sql, present);
      if (!decision) return { before: was, after: was, revision: undefined };
      const made = await write(sql, act, present, decision);
      return { before: was, ...made };
    });
    if (revision !== undefined) follower.adoptOverride(name, caller, revision, after);
    const note = {
      targetType: "limit-override",
      targetId: toTargetId(act),
      before: toNote(before),
      after: toNote(after),
      ...(reason === undefined ? {} : { reason }),
    };
    return { before, after, note };
  };

  const describe = async (name: string, overrides: readonly RunningOverride[]): Promise<LimitOverride[]> => {
    const labels = await describeCallers(overrides.map(({ caller }) => caller));
    return overrides.map((override) => toShown(name, override, labels.get(override.caller) ?? null));
  };

  const toChanged = async (name: string, found: StoredOverride | undefined, note: AuditNote) => {
    const [override] = found ? await describe(name, [found]) : [];
    if (!override) throw new Error("An act on an override answers one.");
    return { override, note };
  };

  return {
    set: async (principal, { name, caller, values, forMs, reason, expectedRevision }) => {
      const target = findTarget(name, caller);
      const decide: Act["decide"] = async (sql, present) => {
        await requireRevision(sql, target, expectedRevision, present.override);
        return { cause: "override", values: decideOverride(present, values, principal.role), forMs };
      };
      const { after, note } = await run({ ...target, principal, reason, decide });
      return toChanged(name, after, note);
    },
    delete: async (principal, { name, caller, reason }) => {
      const target = findTarget(name, caller);
      const decide: Act["decide"] = (_sql, { override }) => {
        if (!override) throw limitOverrideNotFound(name, target.caller);
        return Promise.resolve({ cause: "override-end", values: null, forMs: null });
      };
      const { before, note } = await run({ ...target, principal, reason, decide });
      return toChanged(name, before, note);
    },
    list: (rate) => describe(rate.name, rate.overrides()),
    read: async ({ name, caller }) => {
      registry.findRate(name);
      return toNote(await selectOverride(pool, name, caller));
    },
    putBack: async (principal, { name, caller }, noted, reason) => {
      const decide: Act["decide"] = async (sql, present) => {
        const until = noted?.until ? await selectUntil(sql, noted.until) : null;
        const isOver = until !== null && until.ms <= 0;
        if (!noted || isOver) return present.override && { cause: "undo", values: null, forMs: null };
        const values = { limit: noted.limit, burst: noted.burst, queueLimit: null };
        requireOverride(present, values, principal.role);
        return { cause: "undo", values, forMs: until?.ms ?? null };
      };
      return (await run({ ...findTarget(name, caller), principal, reason, decide })).note;
    },
  };
}

const toTargetId = ({ name, caller }: OverrideTarget): string => `${name} ${caller}`;

/** Undefined for what no act on an override has noted. */
export function parseTargetId(targetId: string | null): OverrideTarget | undefined {
  const [name, caller, ...rest] = (targetId ?? "").split(" ");
  return name && caller && rest.length === 0 ? { name, caller } : undefined;
}

/** Nobody changes the limit or its overrides before the transaction ends, and what has had its time is over. */
async function holdPresent(
  sql: Sql,
  { name, caller }: OverrideTarget,
  configured: () => Record<string, LimitValues>,
): Promise<Omit<Present, "limit">> {
  await lockLimit(sql, name);
  const change = await selectChange(sql, name);
  const found = await holdOverride(sql, name, caller);
  if (!found || !isDue(found)) return { change, override: found };
  await revertDue(sql);
  await endDueOverrides(sql, configured());
  return { change: await selectChange(sql, name), override: await holdOverride(sql, name, caller) };
}

async function requireRevision(
  sql: Sql,
  { name, caller }: OverrideTarget,
  expected: number | undefined,
  present: StoredOverride | undefined,
): Promise<void> {
  if (expected === undefined || expected === (present?.revision ?? 0)) return;
  const [last] = present ? [present] : await selectHistory(sql, { name, caller, limit: 1 });
  throw limitChanged(`${name} of ${caller}`, last);
}

async function write(
  sql: Sql,
  { name, caller, principal, reason: given }: Act,
  present: Present,
  { cause, values, forMs }: Decision,
): Promise<{ readonly revision: number; readonly after: StoredOverride | undefined }> {
  if (values && !present.override && (await countOverrides(sql, name)) >= PER_LIMIT_MAX) {
    throw limitOverridesFull(name, PER_LIMIT_MAX);
  }
  const by = toName(principal);
  const reason = given ?? null;
  const { revision, at } = await insertHistory(sql, {
    name,
    caller,
    by,
    cause,
    before: toCallerValues(present),
    after: values ?? toRunningValues(present.limit, present.change),
    reason,
    forMs,
  });
  if (!values) {
    await deleteOverride(sql, name, caller);
    return { revision, after: undefined };
  }
  return { revision, after: await upsertOverride(sql, { name, caller, values, revision, by, at, reason, forMs }) };
}

function toNote(override: StoredOverride | undefined): OverrideNote | null {
  if (!override || isDue(override)) return null;
  const { values, until } = override;
  return { limit: values.limit, burst: values.burst, until };
}

function toShown(name: string, override: RunningOverride, label: string | null): LimitOverride {
  const { caller, values, revision, by, at, reason, until } = override;
  return { name, caller, label, limit: values.limit, burst: values.burst, revision, by, at, reason, until };
}
