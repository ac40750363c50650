import { z } from "zod";
import type { JobDefinition } from "../../define.ts";
import type { JobFilter } from "../engine.ts";
import type { JobFilterInput, Where } from "../queue.schema.ts";
import { redactByName, REDACTED, toRedaction, type RedactedPath } from "../redact.ts";
import { searchConditionInvalid, searchRedacted } from "./search.errors.ts";

const uuid = z.uuid();

/** What is asked for, as the engine takes it. Raises `SEARCH_REDACTED`, `SEARCH_CONDITION_INVALID`. */
export function toJobFilter(input: JobFilterInput, definitions: ReadonlyMap<string, JobDefinition>): JobFilter {
  const { state, search, where, ...rest } = input;
  for (const condition of where ?? []) {
    requireValue(condition);
    requireShown(condition, input.name, definitions);
  }
  const text = search === "" ? undefined : search;
  const isId = text !== undefined && uuid.safeParse(text).success;
  return {
    ...rest,
    states: state,
    where: where?.length === 0 ? undefined : where,
    id: isId ? text : undefined,
    errorText: isId ? undefined : text,
  };
}

function requireValue({ path, op, value }: Where): void {
  const refuse = (problem: string): never => {
    throw searchConditionInvalid(path, problem);
  };
  if (op === "exists") {
    if (value !== undefined) refuse("`exists` takes no value.");
  } else if (value === undefined) refuse(`\`${op}\` needs a value.`);
  else if (op === "contains") {
    if (typeof value !== "string") refuse("`contains` is for text.");
  } else if (op !== "=" && op !== "!=" && typeof value !== "string" && typeof value !== "number")
    refuse(`\`${op}\` compares numbers or texts.`);
}

/** That there is a value at all may be asked. Of a job that is not defined here, names tell which fields are secret. */
function requireShown(
  { path, op }: Where,
  name: string | undefined,
  definitions: ReadonlyMap<string, JobDefinition>,
): void {
  if (op === "exists") return;
  const definition = name === undefined ? undefined : definitions.get(name);
  const asked = definition ? [definition] : name === undefined ? [...definitions.values()] : [];
  const isHidden =
    asked.some((one) => toRedaction(one).input.some((hidden) => covers(hidden, path))) ||
    (!definition && path.some((step) => hasSecretName(step)));
  if (isHidden) throw searchRedacted(path, name);
}

/** A path of a condition goes through arrays without a step for it, where that of a redaction has `*` or a number. */
function covers([step, ...rest]: RedactedPath, path: readonly string[]): boolean {
  if (step === undefined) return true;
  const isAny = step === "*" || /^\d+$/.test(step);
  if (isAny && covers(rest, path)) return true;
  return path.length > 0 && (step === "*" || step === path[0]) && covers(rest, path.slice(1));
}

function hasSecretName(step: string): boolean {
  return (redactByName({ [step]: null }) as Record<string, unknown>)[step] === REDACTED;
}
