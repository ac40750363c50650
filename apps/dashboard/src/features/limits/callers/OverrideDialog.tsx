import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { nowMs } from "../../../lib/clock.ts";
import { toAppError, toFieldErrors } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-callers.ts";
import "../../../lib/i18n/en/limit-edit.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { useMe } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ReasonField } from "../../../ui/ConfirmDialog.tsx";
import { FieldLabel } from "../../../ui/FieldLabel.tsx";
import { FormDialog } from "../../../ui/FormDialog.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { toForm, toValues } from "../change/limit-form.ts";
import { LimitFields } from "../change/LimitFields.tsx";
import { refusedFields } from "../change/refused-fields.ts";
import { useValueWords } from "../change/value-words.ts";
import { differingFields, type Limit, type LimitValues, valuesOf } from "../limit.ts";
import { useLimitLine } from "../LimitWords.tsx";
import { WhatIf } from "../rehearse/WhatIf.tsx";
import {
  asCallerHas,
  defaultDuration,
  durationsOf,
  isCaller,
  type Override,
  type OverrideDuration,
  type OverrideTarget,
  overrideValues,
  toCaller,
  toForMs,
} from "./caller.ts";
import { CallerName } from "./CallerName.tsx";
import classes from "./Callers.module.css";

const words: Readonly<Record<string, "hour" | "day" | "week">> = {
  3_600_000: "hour",
  86_400_000: "day",
  604_800_000: "week",
};

interface OverrideDialogProps {
  /** A rate. */
  readonly limit: Limit;
  readonly target: OverrideTarget;
  onSaved(override: Override): void;
  onClose(): void;
}

/** An allowance of its own for one caller, larger or smaller than that of all others. It holds in every process. */
export function OverrideDialog({ limit, target, onSaved, onClose }: OverrideDialogProps) {
  const t = useT();
  const lineOf = useLimitLine();
  const { user } = useMe();
  const utils = trpc.useUtils();
  // As it was when the dialog was opened or the newer one was loaded: what is typed is a change of that.
  const [override, setOverride] = useState(target.override);
  const [typed, setTyped] = useState(target.caller ?? "");
  const base = asCallerHas(limit, override);
  const [form, setForm] = useState(() => toForm(base));
  const [duration, setDuration] = useState<OverrideDuration>(() => defaultDuration(target.override));
  const [reason, setReason] = useState("");
  const set = trpc.limits.override.set.useMutation({
    onSuccess: onSaved,
    // What it was refused for may be newer than what is shown.
    onError: () => void utils.limits.invalidate(),
  });
  const caller = toCaller(typed);
  const { data: fresh } = trpc.limits.get.useQuery({ name: limit.name });
  const present = fresh?.overrides.find((each) => each.caller === caller);
  const isTyped = target.caller === undefined;
  const stale = useStaleWords(isTyped || fresh === undefined ? override : present, override);
  const load = (): void => {
    setOverride(present);
    setForm(toForm(asCallerHas(limit, present)));
    setDuration(defaultDuration(present));
    set.reset();
  };
  const values = toValues(base, form, user.role);
  const refused = refusedFields(set.error);
  const callerRefused = callerProblem(set.error);
  const change = (apply: () => void): void => {
    apply();
    // What a field was refused for is not true of what is typed over it.
    if (set.isError) set.reset();
  };
  const submit = (): void => {
    if (!values) return;
    set.mutate({
      name: limit.name,
      caller,
      values: toRate(values),
      forMs: toForMs(duration, override?.until ?? null, nowMs()),
      expectedRevision: (isTyped ? present : override)?.revision ?? 0,
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    });
  };
  const isOnField = Object.keys(refused).length > 0 || callerRefused !== undefined;

  return (
    <FormDialog
      title={t("limitCallers.title", { name: limit.name })}
      subtitle={t("limitCallers.subtitle", { line: lineOf(limit) })}
      width={560}
      submitLabel={t(override ? "limitCallers.submit.change" : "limitCallers.submit")}
      disabledReason={useOffReason({ isStale: stale !== undefined, caller, values, limit, override, duration })}
      isBusy={set.isPending}
      error={isOnField || stale !== undefined ? undefined : set.error}
      footNote={t("limitEdit.note")}
      onSubmit={submit}
      onClose={onClose}
    >
      {stale === undefined ? null : (
        <Notice
          tone="warn"
          title={stale}
          end={
            <Button size="xs" onClick={load}>
              {t("limitEdit.stale.load")}
            </Button>
          }
        />
      )}
      {target.caller === undefined ? (
        <CallerField
          limit={limit}
          value={typed}
          error={callerRefused}
          onChange={(text) => change(() => setTyped(text))}
        />
      ) : (
        <p>
          <CallerName caller={target.caller} label={target.label} />
        </p>
      )}
      {isTyped && present ? <Has limit={limit} override={present} /> : null}
      <LimitFields
        limit={base}
        form={form}
        role={user.role}
        refused={refused}
        onChange={(next) => change(() => setForm(next))}
      />
      <WhatIf
        name={limit.name}
        values={toRate(values ?? base)}
        caller={caller}
        isValid={values !== undefined && isCaller(caller)}
      />
      <DurationField choices={durationsOf(override)} value={duration} onChange={setDuration} />
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  );
}

interface Filled {
  readonly isStale: boolean;
  readonly caller: string;
  readonly values: LimitValues | undefined;
  readonly limit: Limit;
  readonly override: Override | undefined;
  readonly duration: OverrideDuration;
}

function useOffReason({ isStale, caller, values, limit, override, duration }: Filled): string | undefined {
  const t = useT();
  if (isStale) return t("limitEdit.stale.off");
  if (caller === "") return t("limitCallers.callerMissing");
  if (!values) return t("limitEdit.incomplete");
  const had = override ? overrideValues(limit, override) : valuesOf(limit);
  if (differingFields(values, had).length > 0) return undefined;
  if (!override) return t("limitCallers.same");
  // Of an allowance that is there already its time may be all that changes.
  return duration === defaultDuration(override) ? t("limitCallers.sameAsNow") : undefined;
}

/** That somebody else has changed or ended the allowance since. */
function useStaleWords(present: Override | undefined, base: Override | undefined): string | undefined {
  const t = useT();
  const format = useFormat();
  if ((present?.revision ?? 0) === (base?.revision ?? 0)) return undefined;
  return present
    ? t("limitCallers.stale", { who: present.by, time: format.time(present.at) })
    : t("limitCallers.stale.gone");
}

/** Whoever is typed may have one already. */
function Has({ limit, override }: { limit: Limit; override: Override }) {
  const t = useT();
  const words = useValueWords(limit);
  const { caller, label, burst } = override;
  const values = words.values(burst === null ? ["limit"] : ["limit", "burst"], overrideValues(limit, override));
  return <Notice tone="info" title={t("limitCallers.has", { caller: label ?? caller, values })} />;
}

interface CallerFieldProps {
  readonly limit: Limit;
  readonly value: string;
  readonly error: string | undefined;
  onChange(text: string): void;
}

/** Whoever uses the limit at this moment is proposed. */
function CallerField({ limit, value, error, onChange }: CallerFieldProps) {
  const t = useT();
  const listId = useId();
  return (
    <>
      <TextInput
        size="md"
        label={
          <FieldLabel hint={t(limit.scope === "address" ? "limitCallers.addressHint" : "limitCallers.callerHint")}>
            {t("limitCallers.caller")}
          </FieldLabel>
        }
        value={value}
        error={error}
        list={listId}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={listId}>
        {limit.top.map(({ key }) => (
          <option key={key} value={limit.scope === "address" ? toCaller(key) : key} />
        ))}
      </datalist>
    </>
  );
}

interface DurationFieldProps {
  readonly choices: readonly OverrideDuration[];
  readonly value: OverrideDuration;
  onChange(duration: OverrideDuration): void;
}

function DurationField({ choices, value, onChange }: DurationFieldProps) {
  const t = useT();
  const labelId = useId();
  return (
    <div className={classes.duration}>
      <div id={labelId} className={classes.durationLabel}>
        {t("limitCallers.for")}
      </div>
      <SegmentedControl
        size="md"
        fullWidth
        aria-labelledby={labelId}
        value={String(value)}
        onChange={(text) => onChange(choices.find((each) => String(each) === text) ?? null)}
        data={choices.map((each) => ({ value: String(each), label: wordsOf(t, each) }))}
      />
    </div>
  );
}

function wordsOf(t: Translate, duration: OverrideDuration): string {
  if (duration === "same") return t("limitCallers.for.same");
  return duration === null ? t("limitCallers.for.good") : t(`limitCallers.for.${words[duration] ?? "hour"}`);
}

function toRate({ limit, burst }: LimitValues): { limit: number; burst?: number } {
  return burst === null ? { limit } : { limit, burst };
}

function callerProblem(error: unknown): string | undefined {
  const { code, message } = toAppError(error);
  return code === "LIMIT_CALLER" ? message : toFieldErrors(error)["caller"];
}
