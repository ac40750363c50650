import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Access } from "./access/access.service.ts";
import type { Audit } from "./audit/audit.service.ts";
import { createFieldsInverse, type Inverse, type Inverses } from "./audit/undo.ts";
import { limitNoteSchema } from "./limits/changes/acts.ts";
import type { Limits } from "./limits/limits.service.ts";
import { overrideNoteSchema, parseTargetId } from "./limits/overrides/overrides.service.ts";
import { findAppError } from "./platform/errors.ts";
import type { Queue } from "./queue/queue.service.ts";
import { queueSettingsSchema } from "./queue/queue.schema.ts";
import { scheduleCreateInput, scheduleUpdateInput } from "./queue/schedules/schedules.schema.ts";
import { toScheduleNote, type Schedules } from "./queue/schedules/schedules.service.ts";
import type { Json } from "./trpc/wire.ts";
import { roleSchema } from "./trpc/roles.ts";
import type { UserImports } from "./users/imports/imports.service.ts";
import type { User } from "./users/users.schema.ts";
import type { Users } from "./users/users.service.ts";

export interface InversesDeps {
  readonly users: Users;
  readonly imports: UserImports;
  readonly keys: Access["keys"];
  readonly queue: Pick<Queue, "queues" | "pause" | "resume" | "configure"> & {
    readonly schedules: Pick<Schedules, "get" | "recreate" | "update" | "remove">;
  };
  readonly limits: Pick<Limits, "read" | "putBack"> & {
    readonly overrides: Pick<Limits["overrides"], "read" | "putBack">;
  };
  readonly retention: Audit["retention"];
}

/**
 * What takes back which act: THE list for undo from the audit log. An inverse calls the service behind its procedure, which therefore
 * applies all its rules; the right to the procedure is checked before.
 */
export function createInverses({ users, imports, keys, queue, limits, retention }: InversesDeps): Inverses {
  const readUser = (id: string): Promise<User | null> => orNull("USER_NOT_FOUND", users.get(id));
  const person: Pick<Inverse, "fits" | "read"> = {
    fits: ({ targetId }) => targetId !== null,
    read: async ({ targetId }) => toPerson(await readUser(targetId ?? "")),
  };
  const deleteAgain: Inverse = {
    ...person,
    path: "users.delete",
    left: ({ after }) => toPerson(after),
    restored: () => null,
    run: (principal, { targetId }, reason) => users.delete(principal, targetId ?? "", reason),
  };
  const undoImport: Inverse = {
    path: "users.imports.undo",
    fits: ({ targetId, action, after }) =>
      targetId !== null && (action !== "users.import" || (isObject(after) && after["dryRun"] === false)),
    left: () => ({ undone: false }),
    restored: () => ({ undone: true }),
    // Whether it has come to its end yet is for the import to say.
    read: async ({ targetId }) => ({
      undone: ["undoing", "undone"].includes((await imports.get(targetId ?? "")).state),
    }),
    run: async (principal, { targetId }) => {
      const { id, state, importedRows } = await imports.undo(principal, targetId ?? "");
      return { targetType: "import", targetId: id, after: { state, importedRows } };
    },
  };
  const { schedules } = queue;
  const readSchedule = async (id: string): Promise<ReturnType<typeof toScheduleNote> | null> => {
    const schedule = await orNull("SCHEDULE_NOT_FOUND", schedules.get(id));
    return schedule && toScheduleNote(schedule);
  };
  const schedule: Pick<Inverse, "fits" | "read"> = {
    fits: ({ targetId }) => targetId !== null,
    read: async ({ targetId }) => (await readSchedule(targetId ?? "")) as Json,
  };
  const setPaused = (act: "pause" | "resume"): Inverse =>
    createFieldsInverse({
      path: `queue.queues.${act}`,
      fields: ["paused"],
      read: async (name) => (await queue.queues()).items.find((item) => item.name === name) ?? null,
      run: async (principal, name) => {
        const by = principal.keyName ?? principal.email;
        const { wasPaused } = act === "pause" ? await queue.pause(name, by) : await queue.resume(name);
        return {
          targetType: "queue",
          targetId: name,
          before: { paused: wasPaused },
          after: { paused: act === "pause" },
        };
      },
    });

  const setOverride: Inverse = {
    path: "limits.override.set",
    fits: ({ targetId, before, after }) =>
      parseTargetId(targetId) !== undefined &&
      overrideNoteSchema.nullable().safeParse(before).success &&
      overrideNoteSchema.nullable().safeParse(after).success &&
      !isDeepStrictEqual(before, after),
    left: ({ after }) => after,
    restored: ({ before }) => before,
    read: async ({ targetId }) => {
      const target = parseTargetId(targetId);
      return target ? orNull("LIMIT_NOT_FOUND", limits.overrides.read(target)) : null;
    },
    run: (principal, { targetId, before }, reason) => {
      const target = parseTargetId(targetId);
      if (!target) throw new Error("An act on an override names its caller.");
      const noted = overrideNoteSchema.nullable().parse(before);
      return limits.overrides.putBack(principal, target, noted, reason);
    },
  };

  return {
    "users.create": deleteAgain,
    "users.undelete": deleteAgain,
    "users.delete": {
      ...person,
      path: "users.undelete",
      left: () => null,
      restored: ({ before }) => toPerson(before),
      run: async (principal, { targetId }) => (await users.undelete(principal, targetId ?? "")).note,
    },
    "users.setRole": createFieldsInverse({
      path: "users.setRole",
      fields: ["role"],
      read: readUser,
      run: async (principal, id, { role }, reason) =>
        (await users.setRole(principal, { id, role: roleSchema.parse(role), reason })).note,
    }),
    // Without the password: the log does not have the one before.
    "users.update": createFieldsInverse({
      path: "users.update",
      fields: ["email", "name"],
      read: readUser,
      run: async (principal, id, { email, name }) => {
        const change = { email: toText(email), name: toText(name) };
        return (await users.update(principal, { id, ...change })).note;
      },
    }),
    "users.suspend": createFieldsInverse({
      path: "users.restore",
      fields: ["status"],
      read: readUser,
      run: async (principal, id) => (await users.restore(principal, id)).note,
    }),
    "users.restore": createFieldsInverse({
      path: "users.suspend",
      fields: ["status"],
      read: readUser,
      run: async (principal, id, _restored, reason) => (await users.suspend(principal, id, reason)).note,
    }),
    "users.import": undoImport,
    "users.imports.start": undoImport,
    "access.keys.update": createFieldsInverse({
      path: "access.keys.update",
      fields: ["name", "ratePerMinute"],
      read: (id, principal) => orNull("KEY_NOT_FOUND", keys.get(principal, id)),
      run: async (principal, id, { name, ratePerMinute }) => {
        const rate = typeof ratePerMinute === "number" || ratePerMinute === null ? ratePerMinute : undefined;
        return (await keys.update(principal, { id, name: toText(name), ratePerMinute: rate })).note;
      },
    }),
    "queue.queues.pause": setPaused("resume"),
    "queue.queues.resume": setPaused("pause"),
    "queue.queues.configure": createFieldsInverse({
      path: "queue.queues.configure",
      fields: ["slots", "globalConcurrency", "keyConcurrency", "rateLimit"],
      read: async (name) => (await queue.queues()).items.find((item) => item.name === name)?.settings ?? null,
      run: async (_principal, name, settings) => {
        const { before, after } = await queue.configure(name, queueSettingsSchema.partial().parse(settings));
        return { targetType: "queue", targetId: name, before, after };
      },
    }),
    "queue.schedules.create": {
      ...schedule,
      path: "queue.schedules.delete",
      left: ({ after }) => after,
      restored: () => null,
      run: async (_principal, { targetId }) => {
        const before = await schedules.remove(targetId ?? "");
        return { targetType: "schedule", targetId: before.id, before: toScheduleNote(before) };
      },
    },
    // Under its id, without its history.
    "queue.schedules.delete": {
      ...schedule,
      path: "queue.schedules.create",
      left: () => null,
      restored: ({ before }) => before,
      run: async (principal, { targetId, before }) => {
        const note = scheduleCreateInput.extend({ isPaused: z.boolean() }).parse(before);
        const made = await schedules.recreate(targetId ?? "", note, principal.keyName ?? principal.email);
        return { targetType: "schedule", targetId: made.id, after: toScheduleNote(made) };
      },
    },
    "queue.schedules.update": createFieldsInverse({
      path: "queue.schedules.update",
      fields: ["name", "jobName", "input", "cron", "everyMs", "timeZone", "missed", "isPaused"],
      read: readSchedule,
      run: async (principal, id, restored) => {
        // Another job needs its input beside it, also where the two had the same.
        const input = restored.jobName === undefined ? {} : { input: (await schedules.get(id)).input };
        const change = scheduleUpdateInput.parse({ id, ...input, ...restored });
        const { before, after } = await schedules.update(change, principal.keyName ?? principal.email);
        return { targetType: "schedule", targetId: id, before: toScheduleNote(before), after: toScheduleNote(after) };
      },
    }),
    // As one: with another time, or another burst, it is no longer what the act left.
    "limits.update": {
      path: "limits.update",
      fits: ({ targetId, before, after }) =>
        targetId !== null &&
        limitNoteSchema.safeParse(before).success &&
        limitNoteSchema.safeParse(after).success &&
        !isDeepStrictEqual(before, after),
      left: ({ after }) => after,
      restored: ({ before }) => before,
      read: ({ targetId }) => orNull("LIMIT_NOT_FOUND", limits.read(targetId ?? "")),
      run: (principal, { targetId, before }, reason) =>
        limits.putBack(principal, targetId ?? "", limitNoteSchema.parse(before), reason),
    },
    "limits.override.set": setOverride,
    "limits.override.delete": setOverride,
    "audit.retention.set": createFieldsInverse({
      path: "audit.retention.set",
      fields: ["retentionDays"],
      read: async () => ({ retentionDays: await retention.read() }),
      run: async (principal, id, { retentionDays }) => {
        const days = typeof retentionDays === "number" ? retentionDays : null;
        return { targetType: "setting", targetId: id, ...(await retention.set(principal, days)) };
      },
    }),
  };
}

/** The part of a person that an undo puts back or takes away; null for nobody. */
function toPerson(user: unknown): Json {
  if (!isObject(user)) return null;
  const { email = null, name = null, role = null } = user;
  return { email, name, role };
}

const toText = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);

function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function orNull<Found>(code: string, work: Promise<Found>): Promise<Found | null> {
  try {
    return await work;
  } catch (error) {
    if (findAppError(error)?.code === code) return null;
    throw error;
  }
}
