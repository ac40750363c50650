import { TextInput } from "@mantine/core";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Inputs } from "../../../lib/trpc.ts";
import classes from "./EnqueueDialog.module.css";

/** As typed. */
export interface EnqueueOptions {
  readonly delaySeconds: string;
  readonly priority: string;
  readonly dedupeKey: string;
}

export const EMPTY_OPTIONS: EnqueueOptions = { delaySeconds: "", priority: "", dedupeKey: "" };

const DELAY_MAX_SECONDS = 365 * 24 * 3600;
const PRIORITY_MAX = 100;

/** Undefined when a field does not hold what it should. */
export function toWireOptions(
  options: EnqueueOptions,
): Pick<Inputs["queue"]["enqueue"], "delayMs" | "priority" | "dedupeKey"> | undefined {
  if (!isDelay(options.delaySeconds) || !isPriority(options.priority)) return undefined;
  const dedupeKey = options.dedupeKey.trim();
  return {
    ...(options.delaySeconds === "" ? {} : { delayMs: Math.round(Number(options.delaySeconds) * 1000) }),
    ...(options.priority === "" ? {} : { priority: Number(options.priority) }),
    ...(dedupeKey === "" ? {} : { dedupeKey }),
  };
}

interface OptionFieldsProps {
  readonly value: EnqueueOptions;
  onChange(value: EnqueueOptions): void;
}

export function OptionFields({ value, onChange }: OptionFieldsProps) {
  const t = useT();
  return (
    <div className={classes.options}>
      <TextInput
        label={t("queue.enqueue.delay")}
        description={t("queue.enqueue.delayHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        inputMode="decimal"
        value={value.delaySeconds}
        error={isDelay(value.delaySeconds) ? undefined : t("queue.enqueue.delayBad")}
        onChange={(event) => onChange({ ...value, delaySeconds: event.currentTarget.value.trim() })}
      />
      <TextInput
        label={t("queue.enqueue.priority")}
        description={t("queue.enqueue.priorityHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        inputMode="numeric"
        value={value.priority}
        error={isPriority(value.priority) ? undefined : t("queue.enqueue.priorityBad")}
        onChange={(event) => onChange({ ...value, priority: event.currentTarget.value.trim() })}
      />
      <TextInput
        label={t("queue.enqueue.dedupe")}
        description={t("queue.enqueue.dedupeHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        maxLength={200}
        spellCheck={false}
        value={value.dedupeKey}
        onChange={(event) => onChange({ ...value, dedupeKey: event.currentTarget.value })}
      />
    </div>
  );
}

function isDelay(text: string): boolean {
  const seconds = Number(text);
  return text === "" || (seconds >= 0 && seconds <= DELAY_MAX_SECONDS);
}

function isPriority(text: string): boolean {
  return text === "" || (/^-?\d{1,3}$/.test(text) && Math.abs(Number(text)) <= PRIORITY_MAX);
}
