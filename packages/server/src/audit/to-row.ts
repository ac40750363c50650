import { z } from "zod";
import type { AuditEntry } from "../middleware/chain.ts";
import type { AuditRow } from "./audit.store.ts";
import { toAuditJson, toStorableText } from "./redact.ts";
import { findSecrets, type Secrets } from "./secrets.ts";

/** What the audit needs to know of a procedure. */
export interface AuditedProcedure {
  readonly path: string;
  readonly input: z.ZodType | undefined;
  readonly output: z.ZodType | undefined;
}

/** The schema of a note's values where the procedure's own schemas do not say it: a job's input, which its name decides. */
export type NoteSchema = (note: unknown, input: unknown) => z.ZodType | undefined;

export interface ToRowOptions {
  readonly catalog: () => readonly AuditedProcedure[];
  /** By action. */
  readonly noteSchemas: Readonly<Record<string, NoteSchema>>;
}

const TEXT_MAX_LENGTH = 2000;

/** Makes rows of entries, without their secrets. */
export function createToRow({ catalog, noteSchemas }: ToRowOptions) {
  const procedures = new Map<
    string,
    { readonly input: z.ZodType | undefined; readonly secrets: Secrets | undefined }
  >();

  const find = (action: string) => {
    // Filled by the first row: the catalog is made after the audit.
    if (procedures.size === 0) {
      for (const { path, input, output } of catalog()) {
        procedures.set(path, { input, secrets: findSecrets([input, output].filter((schema) => schema !== undefined)) });
      }
    }
    return procedures.get(action);
  };

  const secretsOf = (action: string, note: unknown, input: unknown): Secrets | undefined => {
    const schema = noteSchemas[action]?.(note, input);
    const own = find(action)?.secrets;
    const more = schema && findSecrets([schema]);
    if (!own || !more) return own ?? more;
    return { root: new Set([...own.root, ...more.root]), names: new Set([...own.names, ...more.names]) };
  };

  return (id: string, entry: AuditEntry, undoes: string | null = null): AuditRow => {
    const { action, principal, note } = entry;
    const toJson = (value: unknown): string | null => toAuditJson(value, secretsOf(action, value, entry.input));
    return {
      id,
      action: toText(action) ?? "",
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
      before: toJson(note.before),
      after: toJson(note.after === undefined ? readInput(find(action)?.input, entry.input) : note.after),
      reason: toText(note.reason),
      undoes,
    };
  };
}

/** As its schema reads it: what the schema does not know is left out, and with it what nobody marked. */
function readInput(schema: z.ZodType | undefined, input: unknown): unknown {
  if (!schema || input === undefined) return undefined;
  try {
    const parsed = schema.safeParse(input);
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    // A schema that waits for something is not asked again: the row then has no input.
    if (error instanceof z.core.$ZodAsyncError) return undefined;
    throw error;
  }
}

function toText(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : toStorableText(text.slice(0, TEXT_MAX_LENGTH));
}
