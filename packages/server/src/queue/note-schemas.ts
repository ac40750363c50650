import { z } from "zod";
import type { JobDefinition } from "../define.ts";

type NoteSchema = (note: unknown, input: unknown) => z.ZodType | undefined;

/**
 * What the audit log is to know of a job's input, where a note or the call itself shows it: the procedures take any JSON, and which fields
 * of it are secret is up to the job that it is for.
 */
export function createJobNoteSchemas(
  definitions: () => readonly Pick<JobDefinition, "name" | "input">[],
): Readonly<Record<"queue.enqueue" | "queue.enqueueMany", NoteSchema>> {
  const inputOf = (...named: readonly unknown[]): z.ZodType | undefined => {
    const names = named.map((value) => (value as { name?: unknown } | null | undefined)?.name);
    return definitions().find(({ name }) => names.includes(name))?.input;
  };
  return {
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
