import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-schedules.ts";
import { type Inputs, trpc } from "../../../lib/trpc.ts";
import { checkValue, type FieldErrors } from "../../../ui/form/check-value.ts";
import { emptyValueOf } from "../../../ui/form/schema.ts";
import { FormDialog } from "../../../ui/FormDialog.tsx";
import { inputIssuesOf, type InputMode, JobInputFields } from "../enqueue/JobInputFields.tsx";
import { type Definition, WithJobChoices } from "../enqueue/WithJobChoices.tsx";
import { emptyForm, problemsOf, type ScheduleForm, toForm, toTiming } from "./schedule-form.ts";
import type { Schedule } from "./schedule.ts";
import { SchedulePreview } from "./SchedulePreview.tsx";
import classes from "./Schedules.module.css";
import { TimingFields } from "./TimingFields.tsx";

type WireInput = NonNullable<Inputs["queue"]["schedules"]["create"]["input"]>;

interface ScheduleDialogProps {
  /** The one to change; a new one without it. */
  readonly schedule?: Schedule | undefined;
  onSaved(schedule: Schedule): void;
  onClose(): void;
}

/** Makes a schedule or changes one, with what its timing comes to beside the fields. */
export function ScheduleDialog(props: ScheduleDialogProps) {
  const t = useT();
  return (
    <WithJobChoices title={t("queueSchedules.new")} chosen={props.schedule?.jobName} onClose={props.onClose}>
      {(definitions, first) => <ScheduleFields {...props} definitions={definitions} first={first} />}
    </WithJobChoices>
  );
}

interface ScheduleFieldsProps extends ScheduleDialogProps {
  readonly definitions: readonly Definition[];
  readonly first: Definition;
}

function ScheduleFields({ schedule, definitions, first, onSaved, onClose }: ScheduleFieldsProps) {
  const t = useT();
  const format = useFormat();
  const [form, setForm] = useState<ScheduleForm>(() => (schedule ? toForm(schedule) : emptyForm(format.timeZone)));
  const [definition, setDefinition] = useState(first);
  const [value, setValue] = useState<unknown>(() => schedule?.input ?? emptyValueOf(first.inputSchema));
  const [mode, setMode] = useState<InputMode>("form");
  const [isJsonValid, setJsonValid] = useState(true);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [isTried, setTried] = useState(false);
  const create = trpc.queue.schedules.create.useMutation({ onSuccess: onSaved });
  const update = trpc.queue.schedules.update.useMutation({ onSuccess: onSaved });
  const save = schedule ? update : create;

  const change = (part: Partial<ScheduleForm>): void => {
    setForm((before) => ({ ...before, ...part }));
    save.reset();
  };
  const choose = (name: string): void => {
    const next = definitions.find((each) => each.name === name);
    if (!next) return;
    setDefinition(next);
    setValue(emptyValueOf(next.inputSchema));
    setErrors({});
    setJsonValid(true);
    save.reset();
  };
  const submit = (): void => {
    setTried(true);
    const found = mode === "form" ? checkValue(definition.inputSchema, value, t) : {};
    setErrors(found);
    const timing = toTiming(form);
    if (!timing || problemsOf(form).size > 0 || !isJsonValid || Object.keys(found).length > 0) return;
    // What the form made is plain JSON; the server checks it against the job in any case.
    const input = (value ?? {}) as WireInput;
    const fields = { name: form.name.trim(), jobName: definition.name, input, missed: form.missed, ...timing };
    const onError = (error: unknown): void => setErrors(inputIssuesOf(error));
    if (schedule) update.mutate({ id: schedule.id, ...fields }, { onError });
    else create.mutate(fields, { onError });
  };

  const refusal = save.error ? toAppError(save.error) : undefined;
  const isNameTaken = refusal?.code === "SCHEDULE_NAME_TAKEN";
  const isTimingRefused = refusal?.code === "SCHEDULE_INVALID";
  const isShownAtField = isNameTaken || (isTimingRefused && form.kind === "cron") || Object.keys(errors).length > 0;
  return (
    <FormDialog
      title={schedule ? t("queueSchedules.edit", { name: schedule.name }) : t("queueSchedules.new")}
      width={720}
      submitLabel={t(schedule ? "ui.save" : "queueSchedules.create")}
      isBusy={save.isPending}
      error={isShownAtField ? undefined : save.error}
      footNote={t("queueSchedules.note")}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className={classes.two}>
        <TextInput
          label={t("queueSchedules.field.name")}
          value={form.name}
          maxLength={100}
          autoComplete="off"
          error={
            isNameTaken ? refusal.message : isTried && problemsOf(form).has("name") ? t("form.required") : undefined
          }
          onChange={(event) => change({ name: event.currentTarget.value })}
          data-autofocus
        />
        <NativeSelect
          label={t("queue.enqueue.job")}
          description={definition.description || undefined}
          inputWrapperOrder={["label", "input", "description"]}
          value={definition.name}
          onChange={(event) => choose(event.currentTarget.value)}
          data={definitions.map(({ name }) => name)}
        />
      </div>
      <TimingFields
        form={form}
        cronError={isTimingRefused && form.kind === "cron" ? refusal.message : undefined}
        onChange={change}
      />
      <section className={classes.preview} aria-label={t("queueSchedules.preview")}>
        <SchedulePreview timing={toTiming(form)} />
      </section>
      <JobInputFields
        name={definition.name}
        schema={definition.inputSchema}
        value={value}
        mode={mode}
        onModeChange={setMode}
        onChange={setValue}
        onValidChange={setJsonValid}
        errors={errors}
      />
    </FormDialog>
  );
}
