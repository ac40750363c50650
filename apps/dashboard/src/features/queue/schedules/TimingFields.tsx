import { NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useId } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { problemsOf, type ScheduleForm, units } from "./schedule-form.ts";
import { missedPolicies } from "./schedule.ts";
import classes from "./Schedules.module.css";
import { ZoneField } from "./ZoneField.tsx";

interface TimingFieldsProps {
  readonly form: ScheduleForm;
  /** What the server says of the expression. */
  readonly cronError: string | undefined;
  onChange(part: Partial<ScheduleForm>): void;
}

const order: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

export function TimingFields({ form, cronError, onChange }: TimingFieldsProps) {
  const t = useT();
  const id = useId();
  const problems = problemsOf(form);
  return (
    <>
      <div className={classes.kind}>
        <h3 id={id}>{t("queueSchedules.when")}</h3>
        <SegmentedControl
          aria-labelledby={id}
          value={form.kind}
          onChange={(kind) => onChange({ kind: kind === "interval" ? "interval" : "cron" })}
          data={[
            { value: "cron", label: t("queueSchedules.kind.cron") },
            { value: "interval", label: t("queueSchedules.kind.interval") },
          ]}
        />
      </div>
      <div className={classes.two}>
        {form.kind === "cron" ? (
          <TextInput
            label={t("queueSchedules.field.cron")}
            description={t("queueSchedules.cronHint")}
            inputWrapperOrder={order}
            className={classes.mono ?? ""}
            value={form.cron}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
            error={problems.has("cron") ? t("form.required") : cronError}
            onChange={(event) => onChange({ cron: event.currentTarget.value })}
          />
        ) : (
          <div className={classes.every}>
            <TextInput
              label={t("queueSchedules.field.every")}
              inputMode="decimal"
              autoComplete="off"
              value={form.every}
              error={problems.has("every") ? t("queueSchedules.everyBad") : undefined}
              onChange={(event) => onChange({ every: event.currentTarget.value })}
            />
            <NativeSelect
              label={t("queueSchedules.field.unit")}
              value={form.unit}
              onChange={(event) => {
                const unit = units.find((each) => each === event.currentTarget.value);
                if (unit) onChange({ unit });
              }}
              data={units.map((unit) => ({ value: unit, label: t(`queueSchedules.unit.${unit}`) }))}
            />
          </div>
        )}
        <ZoneField value={form.timeZone} onChange={(timeZone) => onChange({ timeZone })} />
      </div>
      <NativeSelect
        label={t("queueSchedules.field.missed")}
        description={t(`queueSchedules.missed.${form.missed}.hint`)}
        inputWrapperOrder={order}
        value={form.missed}
        onChange={(event) => {
          const missed = missedPolicies.find((each) => each === event.currentTarget.value);
          if (missed) onChange({ missed });
        }}
        data={missedPolicies.map((missed) => ({ value: missed, label: t(`queueSchedules.missed.${missed}`) }))}
      />
    </>
  );
}
