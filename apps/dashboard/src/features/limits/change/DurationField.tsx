import { SegmentedControl } from "@mantine/core";
import { useId } from "react";
import "../../../lib/i18n/en/limit-edit.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { FieldLabel } from "../../../ui/FieldLabel.tsx";
import { differingFields, type Limit, type LimitValues } from "../limit.ts";
import classes from "./EditLimit.module.css";
import { type Duration, durations, goesBackTo } from "./limit-form.ts";
import { useValueWords } from "./value-words.ts";

interface DurationFieldProps {
  readonly limit: Limit;
  readonly values: LimitValues | undefined;
  readonly value: Duration;
  onChange(forMs: Duration): void;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** For how long, and what comes after. */
export function DurationField({ limit, values, value, onChange }: DurationFieldProps) {
  const t = useT();
  const words = useValueWords(limit);
  const labelId = useId();
  const target = goesBackTo(limit);
  const back = values ? differingFields(values, target) : [];
  const hint =
    value === null
      ? t("limitEdit.for.kept")
      : back.length > 0
        ? t("limitEdit.for.back", { values: words.values(back, target) })
        : null;
  return (
    <div className={classes.duration}>
      <div id={labelId} className={classes.durationLabel}>
        <FieldLabel hint={hint}>{t("limitEdit.for")}</FieldLabel>
      </div>
      <SegmentedControl
        size="md"
        fullWidth
        aria-labelledby={labelId}
        value={String(value)}
        onChange={(text) => onChange(durations.find((each) => String(each) === text) ?? null)}
        data={durations.map((each) => ({ value: String(each), label: wordsOf(t, each) }))}
      />
    </div>
  );
}

function wordsOf(t: Translate, forMs: Duration): string {
  if (forMs === null) return t("limitEdit.for.keep");
  return forMs % HOUR_MS === 0
    ? t("limitEdit.for.hours", { count: forMs / HOUR_MS })
    : t("limitEdit.for.minutes", { count: forMs / MINUTE_MS });
}
