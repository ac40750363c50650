import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/queue-settings.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { toAppError } from "../../../lib/errors.ts";
import { trpc } from "../../../lib/trpc.ts";
import { ReasonField } from "../../../ui/ConfirmDialog.tsx";
import { FieldLabel } from "../../../ui/FieldLabel.tsx";
import { FormDialog } from "../../../ui/FormDialog.tsx";
import { useToast } from "../../../ui/Toasts.tsx";
import type { QueueRow } from "../job.ts";
import classes from "./QueueSettings.module.css";
import {
  bounds,
  isSame,
  problemsOf,
  type QueueSettings,
  type SettingsField,
  type SettingsForm,
  toForm,
  toSettings,
} from "./settings-form.ts";

interface QueueSettingsDialogProps {
  readonly queue: QueueRow;
  onClose(): void;
}

const order: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** Limits of a queue over all processes. They hold from the next job that is started. */
export function QueueSettingsDialog({ queue, onClose }: QueueSettingsDialogProps) {
  const t = useT();
  const format = useFormat();
  const { name } = queue;
  // As it was when the dialog was opened: what is typed is a change of that.
  const [before] = useState(queue.settings);
  const [form, setForm] = useState<SettingsForm>(() => toForm(before));
  const [reason, setReason] = useState("");
  const configure = useConfigure();
  const now = useNowWords(before);
  const problems = problemsOf(form);
  const wanted = toSettings(form);
  const offBecause =
    wanted === undefined ? t("queueSettings.incomplete") : isSame(wanted, before) ? t("queueSettings.same") : undefined;

  const field = (id: SettingsField, isFirst = false) => (
    <TextInput
      label={<FieldLabel hint={now[id]}>{t(`queueSettings.${id}`)}</FieldLabel>}
      description={t(`queueSettings.${id}.hint`)}
      inputWrapperOrder={order}
      inputMode="decimal"
      autoComplete="off"
      placeholder={id === "rateSeconds" ? undefined : t(id === "slots" ? "queueSettings.ofCode" : "queueSettings.none")}
      value={form[id]}
      error={
        problems.has(id)
          ? t("queueSettings.bounds", { min: format.number(bounds[id].min, 1), max: format.number(bounds[id].max) })
          : undefined
      }
      onChange={(event) => setForm({ ...form, [id]: event.currentTarget.value })}
      {...(isFirst ? { "data-autofocus": true } : {})}
    />
  );
  return (
    <FormDialog
      title={t("queueSettings.title", { name })}
      submitLabel={t("ui.save")}
      disabledReason={offBecause}
      isBusy={configure.isPending}
      error={configure.error}
      footNote={t("queueSettings.note")}
      onSubmit={() => wanted && configure.save({ name, before, wanted, reason: reason.trim() }, onClose)}
      onClose={onClose}
    >
      <div className={classes.fields}>
        {field("slots", true)}
        {field("globalConcurrency")}
        {field("keyConcurrency")}
        <span />
        {field("rateCount")}
        {field("rateSeconds")}
      </div>
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  );
}

/** Beside the label of each field: what holds now. */
function useNowWords(before: QueueSettings): Readonly<Record<SettingsField, string>> {
  const t = useT();
  const format = useFormat();
  const shown = toForm(before);
  const wordsOf = (text: string, none: string): string =>
    t("queueSettings.now", { value: text === "" ? none : format.number(Number(text), 1) });
  return {
    slots: wordsOf(shown.slots, t("queueSettings.ofCode")),
    globalConcurrency: wordsOf(shown.globalConcurrency, t("queueSettings.none")),
    keyConcurrency: wordsOf(shown.keyConcurrency, t("queueSettings.none")),
    rateCount: wordsOf(shown.rateCount, t("queueSettings.none")),
    rateSeconds: shown.rateSeconds === "" ? "" : wordsOf(shown.rateSeconds, ""),
  };
}

interface Change {
  readonly name: string;
  readonly before: QueueSettings;
  readonly wanted: QueueSettings;
  readonly reason: string;
}

/** Saves with an undo, which sets what was before. */
function useConfigure() {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const configure = trpc.queue.queues.configure.useMutation();
  const undo = async ({ name, before }: Change): Promise<void> => {
    try {
      await configure.mutateAsync({ name, ...before });
      toast({ tone: "ok", title: t("queueSettings.undone", { name }) });
    } catch (error) {
      toast({ tone: "bad", title: t("queueSettings.notUndone", { name }), detail: toAppError(error).message });
    }
    void utils.queue.queues.invalidate();
  };
  return {
    isPending: configure.isPending,
    error: configure.error,
    save: (change: Change, onSaved: () => void): void =>
      configure.mutate(
        { name: change.name, ...change.wanted, ...(change.reason === "" ? {} : { reason: change.reason }) },
        {
          onSuccess: () => {
            onSaved();
            void utils.queue.queues.invalidate();
            toast({
              tone: "ok",
              title: t("queueSettings.saved", { name: change.name }),
              onUndo: () => void undo(change),
            });
          },
        },
      ),
  };
}
