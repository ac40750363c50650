import { TextInput } from "@mantine/core";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Inputs } from "../../../lib/trpc.ts";
import { TAG_PATTERN } from "../jobs.search.ts";
import classes from "./EnqueueDialog.module.css";

/** As typed. */
export interface EnqueueOptions {
  readonly delaySeconds: string;
  readonly priority: string;
  readonly dedupeKey: string;
  readonly expirySeconds: string;
  readonly key: string;
  /** With commas or spaces between them. */
  readonly tags: string;
}

export const EMPTY_OPTIONS: EnqueueOptions = {
  delaySeconds: "",
  priority: "",
  dedupeKey: "",
  expirySeconds: "",
  key: "",
  tags: "",
};

const DELAY_MAX_SECONDS = 365 * 24 * 3600;
const PRIORITY_MAX = 100;
const TAGS_MAX = 10;

/** Undefined when a field does not hold what it should. */
export function toWireOptions(
  options: EnqueueOptions,
): Pick<Inputs["queue"]["enqueue"], "delayMs" | "priority" | "dedupeKey" | "expireInMs" | "key" | "tags"> | undefined {
  const { delaySeconds, expirySeconds, priority } = options;
  if (!isDelay(delaySeconds) || !isExpiry(expirySeconds) || !isPriority(priority)) return undefined;
  const tags = toTags(options.tags);
  if (!areTags(tags)) return undefined;
  const dedupeKey = options.dedupeKey.trim();
  const key = options.key.trim();
  return {
    ...(options.delaySeconds === "" ? {} : { delayMs: Math.round(Number(options.delaySeconds) * 1000) }),
    ...(options.priority === "" ? {} : { priority: Number(options.priority) }),
    ...(dedupeKey === "" ? {} : { dedupeKey }),
    ...(expirySeconds === "" ? {} : { expireInMs: Math.round(Number(expirySeconds) * 1000) }),
    ...(key === "" ? {} : { key }),
    ...(tags.length === 0 ? {} : { tags }),
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
      <TextInput
        label={t("queue.enqueue.key")}
        description={t("queue.enqueue.keyHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        maxLength={200}
        spellCheck={false}
        value={value.key}
        onChange={(event) => onChange({ ...value, key: event.currentTarget.value })}
      />
      <TextInput
        label={t("queue.enqueue.tags")}
        description={t("queue.enqueue.tagsHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        spellCheck={false}
        value={value.tags}
        error={areTags(toTags(value.tags)) ? undefined : t("queue.enqueue.tagsBad")}
        onChange={(event) => onChange({ ...value, tags: event.currentTarget.value })}
      />
      <TextInput
        label={t("queue.enqueue.expiry")}
        description={t("queue.enqueue.expiryHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        inputMode="decimal"
        value={value.expirySeconds}
        error={isExpiry(value.expirySeconds) ? undefined : t("queue.enqueue.expiryBad")}
        onChange={(event) => onChange({ ...value, expirySeconds: event.currentTarget.value.trim() })}
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

function isExpiry(text: string): boolean {
  const seconds = Number(text);
  return text === "" || (seconds >= 0.001 && seconds <= DELAY_MAX_SECONDS);
}

function toTags(text: string): string[] {
  return [...new Set(text.split(/[\s,，]+/).filter((tag) => tag !== ""))];
}

function areTags(tags: readonly string[]): boolean {
  return tags.length <= TAGS_MAX && tags.every((tag) => TAG_PATTERN.test(tag));
}
