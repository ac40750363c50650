import { z } from "zod";
import type { JobDefinition } from "../define.ts";

type ShownInput =
  | "queue.enqueue"
  | "queue.enqueueMany"
  | "queue.jobs.updateInput"
  | "queue.schedules.create"
  | "queue.schedules.update";
type NoteSchema = (note: unknown, input: unknown) => z.ZodType | undefined;

/**
 * What the audit log is to know of a job's input, where a note or the call itself shows it: the procedures take any JSON, and which fields
 * of it are secret is up to the job that it is for.
 */
export function createJobNoteSchemas(
  definitions: () => readonly Pick<JobDefinition, "name" | "input" | "redact">[],
): Readonly<Record<ShownInput, NoteSchema>> {
  const inputOf = (...named: readonly unknown[]): z.ZodType | undefined => {
    const names = named.map((value) => (value as { name?: unknown } | null | undefined)?.name);
    const definition = definitions().find(({ name }) => names.includes(name));
    if (!definition) return undefined;
    // The log reads what a schema marks; the paths that a definition lists are said to it as one.
    return definition.redact.map(toMarked).reduce((input, marked) => z.intersection(input, marked), definition.input);
  };
  const ofSchedule = (note: unknown, input: unknown): z.ZodType => {
    const names = [note, input].map((value) => ({
      name: (value as { jobName?: unknown } | null | undefined)?.jobName,
    }));
    return z.object({ input: inputOf(...names) ?? hidden });
  };
  return {
    // As below: a refused change need not name the job.
    "queue.schedules.create": ofSchedule,
    "queue.schedules.update": ofSchedule,
    // The note names the job; a refused call does not, and its input is left out as a whole.
    "queue.jobs.updateInput": (note, input) => {
      const schema = inputOf(note, input) ?? hidden;
      return z.object({ input: schema, expected: schema });
    },
    "queue.enqueue": (note, input) => {
      const schema = inputOf(note, input);
      return schema && z.object({ input: schema });
    },
    "queue.enqueueMany": (note, input) => {
      const schema = inputOf(note, input);
      return schema && z.object({ inputs: z.array(schema) });
    },
  };
}

const hidden = z.unknown().meta({ secret: true });

/** A schema that marks what lies at the path. Items of arrays count as fields of the array by any step but a name. */
function toMarked(path: string): z.ZodType {
  return path.split(".").reduceRight<z.ZodType>((inner, step) => {
    const isItem = step === "*" || /^\d+$/.test(step);
    const field = z.object({ [step]: inner });
    return isItem ? z.union([z.array(inner), z.record(z.string(), inner), field]) : field;
  }, hidden);
}
