import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, skipToken } from "@tanstack/react-query";
import { Trash2, X } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton, IconAction } from "../../ui/ActionButton.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import classes from "./InvalidatePanel.module.css";

export interface InvalidateStart {
  readonly by: "prefix" | "tag";
  readonly text: string;
}

const TYPING_MS = 250;

/** What deleting by prefix or tag would remove; nothing is deleted before the count is typed. */
export function InvalidatePanel({ start, onClose }: { start: InvalidateStart; onClose(): void }) {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const [{ by, text }, setTarget] = useState(start);
  const [isAsking, setAsking] = useState<number>();
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const preview = trpc.cache.invalidatePreview.useQuery(
    settled === "" ? skipToken : by === "prefix" ? { prefix: settled } : { tag: settled },
    { staleTime: 0, placeholderData: keepPreviousData },
  );
  const shown = settled === "" || text !== settled || preview.isPlaceholderData ? undefined : preview.data;
  const keys = shown?.keys ?? 0;
  const offBecause =
    gate(by === "prefix" ? "cache.invalidatePrefix" : "cache.invalidateTag") ??
    (keys > 0 ? undefined : t(text === "" ? `cache.invalidate.need.${by}` : "cache.invalidate.nothing"));

  return (
    <Panel
      divided
      title={
        <span className={classes.title}>
          <Trash2 size={16} className="bad" aria-hidden />
          {t(`cache.invalidate.${by}`)} {text === "" ? null : <code className="mono">{text}</code>}
        </span>
      }
      label={t(`cache.invalidate.${by}`)}
      scope={t("cache.invalidate.nothingYet")}
      end={
        <IconAction label={t("ui.close")} onClick={onClose}>
          <X size={16} />
        </IconAction>
      }
    >
      <div className={classes.body}>
        <div className={classes.target}>
          <SegmentedControl
            aria-label={t("cache.invalidate.what")}
            value={by}
            onChange={(next) => setTarget({ by: next === "tag" ? "tag" : "prefix", text: "" })}
            data={[
              { value: "prefix", label: t("cache.prefix") },
              { value: "tag", label: t("cache.tag") },
            ]}
          />
          <TextInput
            data-autofocus
            className={classes.field ?? ""}
            aria-label={t(by === "prefix" ? "cache.prefix" : "cache.tag")}
            value={text}
            maxLength={by === "prefix" ? 512 : 100}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTarget({ by, text: event.currentTarget.value })}
          />
        </div>
        {preview.error && settled !== "" ? (
          <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
        ) : shown ? (
          <div className={classes.preview}>
            <div>
              <p className={classes.count}>
                {t("cache.invalidate.count", { count: keys, size: format.bytes(shown.sizeBytes) })}
              </p>
              <p className="muted">{t(keys > 0 ? "cache.invalidate.effect" : "cache.invalidate.nothing")}</p>
            </div>
            {shown.sample.length > 0 ? (
              <ul className={classes.sample} aria-label={t("cache.invalidate.sample")}>
                {shown.sample.map((key) => (
                  <li key={key} className="mono truncate" title={key}>
                    {key}
                  </li>
                ))}
                {keys > shown.sample.length ? (
                  <li className="muted">{t("cache.invalidate.more", { count: keys - shown.sample.length })}</li>
                ) : null}
              </ul>
            ) : null}
          </div>
        ) : (
          <p className="muted">{text === "" ? t(`cache.invalidate.need.${by}`) : t("ui.loading")}</p>
        )}
      </div>
      <footer className={classes.foot}>
        <span>{t("confirm.irreversible")}</span>
        <span className={classes.buttons}>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <ActionButton tone="danger-fill" disabledReason={offBecause} onClick={() => setAsking(keys)}>
            {t("cache.invalidate.ask", { count: keys })}
          </ActionButton>
        </span>
      </footer>
      {isAsking === undefined ? null : (
        <ConfirmInvalidate by={by} text={text} keys={isAsking} onClose={() => setAsking(undefined)} onDone={onClose} />
      )}
    </Panel>
  );
}

interface ConfirmInvalidateProps extends InvalidateStart {
  readonly keys: number;
  onClose(): void;
  onDone(): void;
}

function ConfirmInvalidate({ by, text, keys, onClose, onDone }: ConfirmInvalidateProps) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const onSuccess = ({ removed }: { removed: number }): void => {
    void utils.cache.invalidate();
    toast({ tone: "ok", title: t("cache.invalidate.done", { count: removed }) });
    onDone();
  };
  const byPrefix = trpc.cache.invalidatePrefix.useMutation({ onSuccess });
  const byTag = trpc.cache.invalidateTag.useMutation({ onSuccess });
  const error = byPrefix.error ?? byTag.error;
  return (
    <ConfirmDialog
      danger
      title={t("cache.invalidate.title", { count: keys })}
      body={t.rich(`cache.invalidate.body.${by}`, { text: <code className="mono">{text}</code> })}
      typed={String(keys)}
      confirmLabel={t("cache.invalidate.go", { count: keys })}
      isBusy={byPrefix.isPending || byTag.isPending}
      error={error ?? undefined}
      onConfirm={() => (by === "prefix" ? byPrefix.mutate({ prefix: text }) : byTag.mutate({ tag: text }))}
      onClose={onClose}
    />
  );
}
