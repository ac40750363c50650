import type { QueueRow } from "../job.ts";

export type QueueSettings = QueueRow["settings"];

/** As typed; an empty field is no limit. */
export interface SettingsForm {
  readonly slots: string;
  readonly globalConcurrency: string;
  readonly keyConcurrency: string;
  readonly rateCount: string;
  readonly rateSeconds: string;
}
export type SettingsField = keyof SettingsForm;

/** As the server has them. */
export const bounds: Readonly<Record<SettingsField, { readonly min: number; readonly max: number }>> = {
  slots: { min: 1, max: 1000 },
  globalConcurrency: { min: 1, max: 100_000 },
  keyConcurrency: { min: 1, max: 100_000 },
  rateCount: { min: 1, max: 1_000_000 },
  rateSeconds: { min: 0.1, max: 86_400 },
};

export function toForm({ slots, globalConcurrency, keyConcurrency, rateLimit }: QueueSettings): SettingsForm {
  return {
    slots: textOf(slots),
    globalConcurrency: textOf(globalConcurrency),
    keyConcurrency: textOf(keyConcurrency),
    rateCount: textOf(rateLimit?.limit ?? null),
    rateSeconds: rateLimit ? String(rateLimit.perMs / 1000) : "",
  };
}

/** Fields that do not hold what they should; half a rate is none. */
export function problemsOf(form: SettingsForm): ReadonlySet<SettingsField> {
  const problems = new Set<SettingsField>();
  for (const field of Object.keys(bounds) as SettingsField[]) {
    if (form[field].trim() !== "" && !isIn(form[field], field)) problems.add(field);
  }
  const [hasCount, hasSeconds] = [form.rateCount.trim() !== "", form.rateSeconds.trim() !== ""];
  if (hasCount && !hasSeconds) problems.add("rateSeconds");
  if (hasSeconds && !hasCount) problems.add("rateCount");
  return problems;
}

/** Undefined while a field does not hold what it should. */
export function toSettings(form: SettingsForm): QueueSettings | undefined {
  if (problemsOf(form).size > 0) return undefined;
  const rate = numberOf(form.rateCount);
  return {
    slots: numberOf(form.slots),
    globalConcurrency: numberOf(form.globalConcurrency),
    keyConcurrency: numberOf(form.keyConcurrency),
    rateLimit: rate === null ? null : { limit: rate, perMs: Math.round(Number(form.rateSeconds) * 1000) },
  };
}

export function isSame(a: QueueSettings, b: QueueSettings): boolean {
  return (
    a.slots === b.slots &&
    a.globalConcurrency === b.globalConcurrency &&
    a.keyConcurrency === b.keyConcurrency &&
    a.rateLimit?.limit === b.rateLimit?.limit &&
    a.rateLimit?.perMs === b.rateLimit?.perMs
  );
}

function isIn(text: string, field: SettingsField): boolean {
  const value = Number(text);
  const { min, max } = bounds[field];
  return value >= min && value <= max && (field === "rateSeconds" || Number.isInteger(value));
}

function numberOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

function textOf(value: number | null): string {
  return value === null ? "" : String(value);
}
