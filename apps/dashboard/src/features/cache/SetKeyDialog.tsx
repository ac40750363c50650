import { Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { type CacheFound, type JsonValue, leftMs } from "./entry.ts";
import classes from "./SetKeyDialog.module.css";

const TTL_DEFAULT_SECONDS = 600;
const TTL_MAX_SECONDS = 30 * 24 * 3600;
const TAGS_MAX = 20;

interface SetKeyDialogProps {
  /** The entry to change; without it a new one is written. */
  readonly found: CacheFound | undefined;
  /** A key to begin with, such as the prefix that is listed. */
  readonly startKey?: string | undefined;
  onClose(): void;
  onDone(key: string): void;
}

export function SetKeyDialog({ found, startKey = "", onClose, onDone }: SetKeyDialogProps) {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const utils = trpc.useUtils();
  const set = trpc.cache.set.useMutation();
  const entry = found?.entry ?? undefined;
  const [key, setKey] = useState(entry?.key ?? startKey);
  const [text, setText] = useState(() => (found ? JSON.stringify(found.value, null, 2) : ""));
  const [ttl, setTtl] = useState(() => String(entry ? secondsLeft(entry.expiresAt) : TTL_DEFAULT_SECONDS));
  const [tags, setTags] = useState((entry?.tags ?? []).join(", "));
  const [isTried, setTried] = useState(false);

  const value = parseJson(text);
  const ttlSeconds = Number(ttl);
  const isTtlRight = ttl.trim() !== "" && ttlSeconds > 0 && ttlSeconds <= TTL_MAX_SECONDS;
  const tagList = [
    ...new Set(
      tags
        .split(",")
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
  const areTagsRight = tagList.length <= TAGS_MAX && tagList.every((tag) => tag.length <= 100);
  const submit = (): void => {
    setTried(true);
    if (key === "" || value === undefined || !isTtlRight || !areTagsRight) return;
    set.mutate(
      { key, value: value.json, ttlSeconds, tags: tagList },
      {
        onSuccess: () => {
          void utils.cache.invalidate();
          toast({ tone: "ok", title: t("cache.written", { key }) });
          onDone(key);
        },
      },
    );
  };

  return (
    <FormDialog
      title={t(entry ? "cache.set.edit" : "cache.set.title")}
      submitLabel={t("cache.set.submit")}
      isBusy={set.isPending}
      error={set.error}
      footNote={entry ? t("cache.set.replaces") : t("cache.set.note")}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        {...(entry ? {} : { "data-autofocus": true })}
        label={t("cache.set.key")}
        className={classes.mono ?? ""}
        value={key}
        readOnly={entry !== undefined}
        maxLength={512}
        spellCheck={false}
        autoComplete="off"
        error={isTried && key === "" ? t("form.required") : undefined}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <Textarea
        {...(entry ? { "data-autofocus": true } : {})}
        label={t("cache.set.value")}
        className={classes.mono ?? ""}
        rows={8}
        value={text}
        spellCheck={false}
        error={isTried && value === undefined ? t("form.json") : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.row}>
        <TextInput
          label={t("cache.set.ttl")}
          description={isTtlRight ? format.duration(ttlSeconds * 1000) : undefined}
          inputWrapperOrder={["label", "input", "description", "error"]}
          inputMode="decimal"
          value={ttl}
          error={isTtlRight ? undefined : t("cache.set.ttlBad", { max: TTL_MAX_SECONDS })}
          onChange={(event) => setTtl(event.currentTarget.value)}
        />
        <TextInput
          label={t("cache.set.tags")}
          description={t("cache.set.tagsHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={tags}
          spellCheck={false}
          error={areTagsRight ? undefined : t("cache.set.tagsBad", { max: TAGS_MAX })}
          onChange={(event) => setTags(event.currentTarget.value)}
        />
      </div>
    </FormDialog>
  );
}

function secondsLeft(expiresAt: string | null): number {
  const left = leftMs({ expiresAt }, nowMs());
  return left === null ? TTL_DEFAULT_SECONDS : Math.max(1, Math.ceil(left / 1000));
}

function parseJson(text: string): { readonly json: JsonValue } | undefined {
  try {
    return { json: JSON.parse(text) as JsonValue };
  } catch {
    return undefined;
  }
}
