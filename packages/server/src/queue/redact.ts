import { z } from "zod";
import type { JobDefinition } from "../define.ts";
import type { Json } from "../trpc/wire.ts";
import type { JobDetail } from "./queue.schema.ts";

export const REDACTED = "[redacted]";

/** Steps to a value that is not shown; `*` is any element of an array, or any field. */
export type RedactedPath = readonly string[];

export interface Redaction {
  readonly input: readonly RedactedPath[];
  readonly output: readonly RedactedPath[];
  readonly progress: readonly RedactedPath[];
  /** Of input and output, as they are declared: `user.token`, `cards.*.number`. */
  readonly texts: readonly string[];
}

/** Fields that are not shown of a job that no definition here speaks for. */
const SECRET_NAME = /password|secret|token|authorization|cookie|^key$|api_?key$/i;
/** Deeper than anybody nests on purpose; what lies below is not shown where the schema marks anything. */
const DEPTH_MAX = 12;

type Redactable = Pick<JobDefinition, "input" | "output" | "progress" | "redact">;

/** What of a job's input and output is not shown: what the definition lists, and what the schemas mark `.meta({ secret: true })`. */
export function toRedaction(definition: Redactable): Redaction {
  const declared = definition.redact.map((text) => text.split("."));
  const input = [...declared, ...findSecretPaths(definition.input)];
  const output = [...declared, ...(definition.output ? findSecretPaths(definition.output) : [])];
  const progress = [...declared, ...(definition.progress ? findSecretPaths(definition.progress) : [])];
  const texts = new Set([...input, ...output].map((path) => path.join(".")));
  return { input, output, progress, texts: [...texts].toSorted() };
}

/** The value with what lies at these paths replaced. What is not there is not made up. */
export function redact(value: Json, paths: readonly RedactedPath[]): Json {
  return paths.reduce((redacted, path) => replace(redacted, path, () => REDACTED), value);
}

/** For a job that is not defined here: which fields of it are secret can only be told by their names. */
export function redactByName(value: Json): Json {
  if (Array.isArray(value)) return value.map(redactByName);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, SECRET_NAME.test(name) ? REDACTED : redactByName(item)]),
  );
}

/** Without a redaction no definition here speaks for the job. */
export function redactInput(input: Json, redaction: Redaction | undefined): Json {
  return redaction ? redact(input, redaction.input) : redactByName(input);
}

export function redactOutput(output: Json | null, redaction: Redaction | undefined): Json | null {
  if (output === null) return null;
  return redaction ? redact(output, redaction.output) : redactByName(output);
}

interface Shown {
  readonly input: Json;
  readonly output: Json | null;
  readonly attemptLog: JobDetail["attemptLog"];
}

/** Errors and logs stay as they are: what goes into them is up to the job. */
export function redactDetail<Detail extends Shown>(
  detail: Detail,
  redaction: Redaction | undefined,
): Detail & { redacted: string[] } {
  return {
    ...detail,
    input: redactInput(detail.input, redaction),
    output: redactOutput(detail.output, redaction),
    attemptLog: detail.attemptLog.map((attempt) => ({
      ...attempt,
      progressData:
        attempt.progressData &&
        (redaction ? redact(attempt.progressData, redaction.progress) : redactByName(attempt.progressData)),
    })),
    redacted: [...(redaction?.texts ?? [])],
  };
}

/** The opposite of `redact`: where `value` says `[redacted]` at one of the paths, what `stored` has there. */
export function mergeRedacted(value: Json, stored: Json, paths: readonly RedactedPath[]): Json {
  return paths.reduce((merged, path) => mergeAt(merged, stored, path), value);
}

function mergeAt(value: Json, stored: Json | undefined, path: RedactedPath): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value === REDACTED && stored !== undefined ? stored : value;
  // What is hidden as a whole by another path is merged by that one.
  if (Array.isArray(value)) {
    const known = Array.isArray(stored) ? stored : [];
    return value.map((item, index) =>
      step === "*" || step === String(index) ? mergeAt(item, known[index], rest) : item,
    );
  }
  if (!isObject(value)) return value;
  const known = isObject(stored) ? stored : {};
  return mapFields(value, step, (item, name) =>
    mergeAt(item, Object.hasOwn(known, name) ? known[name] : undefined, rest),
  );
}

function replace(value: Json, path: RedactedPath, by: (value: Json) => Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return by(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => (step === "*" || step === String(index) ? replace(item, rest, by) : item));
  }
  return isObject(value) ? mapFields(value, step, (item) => replace(item, rest, by)) : value;
}

function mapFields(
  value: Readonly<Record<string, Json>>,
  step: string,
  map: (item: Json, name: string) => Json,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, step === "*" || step === name ? map(item, name) : item]),
  );
}

function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where a schema marks secrets. A place where a schema holds itself counts as one when it marks any: its secrets may lie at any depth. */
export function findSecretPaths(root: z.ZodType): RedactedPath[] {
  const secrets: RedactedPath[] = [];
  const endless: RedactedPath[] = [];

  const visit = (schema: z.core.$ZodType, path: RedactedPath, above: ReadonlySet<z.core.$ZodType>): void => {
    if (z.globalRegistry.get(schema as z.ZodType)?.["secret"] === true) {
      secrets.push(path);
      return;
    }
    if (above.has(schema) || path.length > DEPTH_MAX) {
      endless.push(path);
      return;
    }
    const inside = new Set(above).add(schema);
    const at = (child: z.core.$ZodType, ...steps: string[]): void => visit(child, [...path, ...steps], inside);
    const { def } = (schema as z.core.$ZodTypes)._zod;
    switch (def.type) {
      case "object":
        for (const [name, field] of Object.entries(def.shape)) at(field, name);
        if (def.catchall) at(def.catchall, "*");
        break;
      case "record":
      case "map":
        at(def.valueType, "*");
        break;
      case "array":
        at(def.element, "*");
        break;
      case "set":
        at(def.valueType, "*");
        break;
      case "tuple":
        def.items.forEach((item, index) => at(item, String(index)));
        if (def.rest) at(def.rest, "*");
        break;
      case "union":
        for (const option of def.options) at(option);
        break;
      case "intersection":
        at(def.left);
        at(def.right);
        break;
      case "pipe":
        at(def.in);
        at(def.out);
        break;
      case "lazy":
        at((schema as z.core.$ZodLazy)._zod.innerType);
        break;
      default:
        if ("innerType" in def) at(def.innerType);
    }
  };

  visit(root, [], new Set());
  return secrets.length > 0 ? [...secrets, ...endless] : [];
}
