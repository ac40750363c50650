import type { z } from "zod";
import type { markerKindSchema } from "./audit.schema.ts";

type Kind = z.infer<typeof markerKindSchema>;

/** Acts that may explain a bend in a chart. What happens all day long, such as a job that is enqueued, is not among them. */
const KINDS: Readonly<Record<Exclude<Kind, "limit">, readonly string[]>> = {
  pause: ["queue.queues.pause", "queue.queues.resume"],
  access: [
    "users.setRole",
    "users.suspend",
    "users.restore",
    "users.delete",
    "users.undelete",
    "access.resetFactors",
    "access.keys.create",
    "access.keys.rotate",
    "access.keys.revoke",
    "access.keys.update",
    "access.sessions.revokeAll",
  ],
  deploy: ["server.deploy"],
  other: [
    "audit.retention.set",
    "cache.invalidatePrefix",
    "cache.invalidateTag",
    "lab.start",
    "queue.enqueueMany",
    "users.bulkCreate",
    "users.import",
    "users.imports.start",
    "users.imports.undo",
  ],
};

/** Every mutation of the limits is a change of limits. */
const LIMITS = "limits.";

/** The actions among these that are marked. */
export function toMarked(mutations: readonly string[]): string[] {
  return [...Object.values(KINDS).flat(), ...mutations.filter((path) => path.startsWith(LIMITS))];
}

export function toMarkerKind(action: string): Kind {
  if (action.startsWith(LIMITS)) return "limit";
  const [kind = "other"] = Object.entries(KINDS).find(([, actions]) => actions.includes(action)) ?? [];
  return kind as Kind;
}
