import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Limit, LimitField, LimitValues } from "../limit.ts";

const SECOND_MS = 1000;
const RATE_DIGITS = 3;

export interface ValueWords {
  label(field: LimitField): string;
  number(value: number | null): string;
  /** With its unit: `1,000/s`, `burst 200`. */
  value(field: LimitField, values: LimitValues): string;
  /** Several with their units: `1,000/s, burst 200`. */
  values(fields: readonly LimitField[], values: LimitValues): string;
}

/** The values of a limit in words, which depend on its kind and window. */
export function useValueWords({ kind, windowMs }: Pick<Limit, "kind" | "windowMs">): ValueWords {
  const t = useT();
  const format = useFormat();
  const number = (value: number | null): string => (value === null ? "—" : format.number(value, RATE_DIGITS));
  const window = format.duration(windowMs ?? 0);
  const isPerSecond = windowMs === SECOND_MS;
  const value: ValueWords["value"] = (field, values) => {
    const text = number(values[field]);
    if (field === "burst") return t("limitChange.value.burst", { value: text });
    if (field === "queueLimit") return t("limitChange.value.queueLimit", { value: text });
    if (kind === "concurrency") return t("limitChange.value.slots", { value: text });
    return isPerSecond
      ? t("limitChange.value.perSecond", { value: text })
      : t("limitChange.value.perWindow", { value: text, window });
  };
  return {
    number,
    value,
    values: (fields, values) => format.list(fields.map((field) => value(field, values))),
    label: (field) => {
      if (field === "burst") return t("limitChange.field.burst");
      if (field === "queueLimit") return t("limitChange.field.queueLimit");
      if (kind === "concurrency") return t("limitChange.field.slots");
      return isPerSecond ? t("limitChange.field.perSecond") : t("limitChange.field.perWindow", { window });
    },
  };
}
