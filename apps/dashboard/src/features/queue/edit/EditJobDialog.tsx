import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { type Inputs, trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { checkValue, type FieldErrors } from "../../../ui/form/check-value.ts";
import { JsonField } from "../../../ui/form/JsonField.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { useToast } from "../../../ui/Toasts.tsx";
import { inputIssuesOf, type InputMode, JobInputFields } from "../enqueue/JobInputFields.tsx";
import { isActFor, type JobDetail, shortId } from "../job.ts";
import { diffValues } from "./diff-values.ts";
import classes from "./EditJobDialog.module.css";
import { ValueDiff } from "./ValueDiff.tsx";

type WireInput = Inputs["queue"]["jobs"]["updateInput"]["input"];

interface EditJobDialogProps {
  /** As it was when the dialog opened: an edit of somebody else in between is refused. */
  readonly job: JobDetail;
  onClose(): void;
}

/** Changes the input of a job that waits or failed; what differs stands below the fields before it is saved. */
export function EditJobDialog({ job, onClose }: EditJobDialogProps) {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const schema = definitions.data?.items.find(({ name }) => name === job.name)?.inputSchema;
  const update = trpc.queue.jobs.updateInput.useMutation();
  const [base, setBase] = useState<unknown>(job.input);
  const [value, setValue] = useState<unknown>(job.input);
  const [mode, setMode] = useState<InputMode>("form");
  const [isJsonValid, setJsonValid] = useState(true);
  const [errors, setErrors] = useState<FieldErrors>({});
  const isRetry = isActFor("retry", job.state);
  const hasForm = schema !== undefined && mode === "form";
  const changes = diffValues(base, value);
  const refused = update.error && toAppError(update.error);
  const isChanged = refused?.code === "JOB_CHANGED";
  const message = refused && !isChanged && Object.keys(errors).length === 0 ? refused.message : null;

  const offBecause =
    gate("queue.jobs.updateInput") ??
    (!isJsonValid ? t("form.json") : changes.length === 0 ? t("queue.edit.nothing") : undefined);
  const submit = (): void => {
    if (offBecause !== undefined || update.isPending) return;
    const found = hasForm ? checkValue(schema, value, t) : {};
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    update.mutate(
      // What a form or JSON.parse made is plain JSON; the server checks it against the job in any case.
      { id: job.id, input: value as WireInput, expected: base as WireInput, retry: isRetry },
      {
        onError: (error) => setErrors(inputIssuesOf(error)),
        onSuccess: ({ changed }) => {
          void utils.queue.invalidate();
          onClose();
          toast({
            tone: "ok",
            title: t(isRetry ? "queue.edit.didRetry" : "queue.edit.did", { id: shortId(job.id) }),
            detail: changed.join(", "),
          });
        },
      },
    );
  };
  const fields = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The form comes when the schema is there; a dialog looks for its first field before that, and after this when it was there.
    const first = fields.current?.querySelector<HTMLElement>("input:not([type=radio]), textarea, select");
    first?.setAttribute("data-autofocus", "true");
    first?.focus();
  }, [schema]);
  /** What was typed stays; what differs is told against the newer one. */
  const takeNewer = async (): Promise<void> => {
    const newer = await utils.queue.jobs.get.fetch({ id: job.id }, { staleTime: 0 });
    setBase(newer.input);
    update.reset();
  };

  return (
    <Dialog
      title={t(isRetry ? "queue.edit.titleRetry" : "queue.edit.title", { id: shortId(job.id) })}
      subtitle={<span className="mono">{job.name}</span>}
      onClose={onClose}
      onSubmit={submit}
      footNote={t(isRetry ? "queue.edit.noteRetry" : "queue.edit.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" type="submit" tone="primary" disabledReason={offBecause} loading={update.isPending}>
            {t(isRetry ? "queue.edit.submitRetry" : "queue.edit.submit")}
          </ActionButton>
        </>
      }
    >
      {job.redacted.length > 0 ? (
        <p className="muted meta">{t("queue.edit.redacted", { paths: job.redacted.join(", ") })}</p>
      ) : null}
      <div ref={fields} className={classes.fields}>
        {schema ? (
          <JobInputFields
            name={job.name}
            schema={schema}
            value={value}
            errors={errors}
            mode={mode}
            onModeChange={setMode}
            onChange={setValue}
            onValidChange={setJsonValid}
          />
        ) : (
          <JsonField
            rows={12}
            label={t("queue.enqueue.input")}
            description={t("queue.edit.noSchema", { name: job.name })}
            value={value}
            onChange={setValue}
            onValidChange={setJsonValid}
          />
        )}
      </div>
      <ValueDiff changes={changes} />
      {isChanged ? (
        <Notice
          tone="warn"
          title={t("queue.edit.changed")}
          end={<Button onClick={() => void takeNewer()}>{t("queue.edit.takeNewer")}</Button>}
        >
          {t("queue.edit.changedBody")}
        </Notice>
      ) : null}
      {message ? <Notice tone="bad" title={message} /> : null}
    </Dialog>
  );
}
