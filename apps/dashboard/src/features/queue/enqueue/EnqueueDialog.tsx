import { Button, NativeSelect } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { type Inputs, trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { checkValue, type FieldErrors } from "../../../ui/form/check-value.ts";
import { emptyValueOf } from "../../../ui/form/schema.ts";
import { Notice } from "../../../ui/Notice.tsx";
import { useToast } from "../../../ui/Toasts.tsx";
import { shortId } from "../job.ts";
import { inputIssuesOf, type InputMode, JobInputFields } from "./JobInputFields.tsx";
import { EMPTY_OPTIONS, type EnqueueOptions, OptionFields, toWireOptions } from "./OptionFields.tsx";
import { type Definition, WithJobChoices } from "./WithJobChoices.tsx";

export interface EnqueueStart {
  /** Name of the job to begin with. Default: the first there is. */
  readonly name?: string;
  /** Input to begin with: of a job that is enqueued once more. */
  readonly input?: unknown;
}

interface EnqueueDialogProps {
  readonly start: EnqueueStart;
  onClose(): void;
}

export function EnqueueDialog(props: EnqueueDialogProps) {
  const t = useT();
  return (
    <WithJobChoices title={t("queue.enqueue.title")} chosen={props.start.name} onClose={props.onClose}>
      {(definitions, first) => <EnqueueForm {...props} definitions={definitions} first={first} />}
    </WithJobChoices>
  );
}

interface EnqueueFormProps extends EnqueueDialogProps {
  readonly definitions: readonly Definition[];
  readonly first: Definition;
}

function EnqueueForm({ start, onClose, definitions, first }: EnqueueFormProps) {
  const t = useT();
  const toast = useToast();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const enqueue = trpc.queue.enqueue.useMutation();
  const [definition, setDefinition] = useState(first);
  const [value, setValue] = useState<unknown>(() => start.input ?? emptyValueOf(first.inputSchema));
  const [mode, setMode] = useState<InputMode>("form");
  const [isJsonValid, setJsonValid] = useState(true);
  const [options, setOptions] = useState<EnqueueOptions>(EMPTY_OPTIONS);
  const [errors, setErrors] = useState<FieldErrors>({});
  const refusal = enqueue.error && Object.keys(errors).length === 0 ? toAppError(enqueue.error).message : null;

  const choose = (name: string): void => {
    const next = definitions.find((each) => each.name === name);
    if (!next) return;
    setDefinition(next);
    setValue(emptyValueOf(next.inputSchema));
    setErrors({});
    setJsonValid(true);
    enqueue.reset();
  };
  const submit = (): void => {
    const found = checkValue(definition.inputSchema, value, t);
    setErrors(found);
    const wireOptions = toWireOptions(options);
    if (!isJsonValid || !wireOptions || enqueue.isPending || (mode === "form" && Object.keys(found).length > 0)) return;
    // What the form made is plain JSON; the server checks it against the job in any case.
    const input = (value ?? {}) as NonNullable<Inputs["queue"]["enqueue"]["input"]>;
    enqueue.mutate(
      { name: definition.name, input, ...wireOptions },
      {
        onError: (error) => setErrors(inputIssuesOf(error)),
        onSuccess: ({ id, deduplicated }) => {
          void utils.queue.invalidate();
          onClose();
          toast({
            tone: "ok",
            title: t(deduplicated ? "queue.enqueue.deduplicated" : "queue.enqueue.done", { id: shortId(id) }),
            detail: definition.name,
            action: { label: t("ui.open"), run: () => void navigate({ to: "/queue/jobs/$id", params: { id } }) },
          });
        },
      },
    );
  };

  return (
    <Dialog
      title={t("queue.enqueue.title")}
      onClose={onClose}
      onSubmit={submit}
      footNote={t("queue.enqueue.facts", { queue: definition.queue, count: definition.maxAttempts })}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" type="submit" tone="primary" loading={enqueue.isPending}>
            {t("queue.enqueue.submit", { name: definition.name })}
          </ActionButton>
        </>
      }
    >
      <NativeSelect
        data-autofocus
        label={t("queue.enqueue.job")}
        description={definition.description || undefined}
        inputWrapperOrder={["label", "input", "description"]}
        value={definition.name}
        onChange={(event) => choose(event.currentTarget.value)}
        data={definitions.map(({ name }) => name)}
      />
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
      <OptionFields value={options} onChange={setOptions} />
      {refusal ? <Notice tone="bad" title={refusal} /> : null}
    </Dialog>
  );
}
