import type { JobDefinition } from "../../define.ts";
import type { Json } from "../../trpc/wire.ts";
import type { JobError } from "../engine.ts";
import { INPUT_MISFIT } from "../store/job-row.ts";
import { toStorableText } from "../storable.ts";

const ISSUES_MAX = 20;
const MESSAGE_MAX_LENGTH = 2000;

/** A stored input as the job gets it, or why it does not fit any more. */
export function parseStored(
  definition: Pick<JobDefinition, "input">,
  input: Json,
): { readonly value: unknown } | { readonly error: JobError } {
  try {
    const parsed = definition.input.safeParse(input);
    if (parsed.success) return { value: parsed.data };
    const { issues } = parsed.error;
    const texts = issues
      .slice(0, ISSUES_MAX)
      .map(({ path, message }) => `${path.map(String).join(".") || "input"}: ${message}`);
    return { error: toMisfit(`The input does not fit the job any more: ${texts.join("; ")}`) };
  } catch (thrown) {
    // A schema that throws is a defect of the definition: the next release may mend it, so the job is set aside as well.
    return {
      error: toMisfit(`The input could not be checked: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
    };
  }
}

function toMisfit(message: string): JobError {
  return { name: INPUT_MISFIT, message: toStorableText(message, MESSAGE_MAX_LENGTH), stack: null };
}
