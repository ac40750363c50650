import { Button, Radio, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import classes from "./Audit.module.css";

/** As the server has them. */
const [DAYS_MIN, DAYS_MAX] = [30, 3650];
const DAYS_FIRST = 365;
const TYPING_MS = 250;

interface RetentionDialogProps {
  /** As it is; null for ever. */
  readonly days: number | null;
  onClose(): void;
}

/** How long events are kept, with what a shorter time would remove before it is set. */
export function RetentionDialog({ days, onClose }: RetentionDialogProps) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [keep, setKeep] = useState<"forever" | "days">(days === null ? "forever" : "days");
  const [text, setText] = useState(String(days ?? DAYS_FIRST));
  const [typed, setTyped] = useState("");
  const wanted = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  const isInBounds = wanted >= DAYS_MIN && wanted <= DAYS_MAX;
  const chosen = keep === "forever" ? null : wanted;
  const [asked] = useDebouncedValue(wanted, TYPING_MS);
  const preview = trpc.audit.retention.preview.useQuery(
    { days: asked },
    { enabled: keep === "days" && asked >= DAYS_MIN && asked <= DAYS_MAX, placeholderData: keepPreviousData },
  );
  const set = trpc.audit.retention.set.useMutation({
    onSuccess: ({ retentionDays }) => {
      toast({
        tone: "ok",
        title:
          retentionDays === null
            ? t("audit.retention.did.forever")
            : t("audit.retention.did", { count: retentionDays }),
      });
      void utils.audit.invalidate();
      onClose();
    },
  });

  // Of exactly these days: an answer to the ones typed before says nothing.
  const found = keep === "days" && asked === wanted && !preview.isPlaceholderData ? preview.data : undefined;
  const goes = found?.events ?? 0;
  const offBecause = ((): string | undefined => {
    if (keep === "days" && !isInBounds) return t("audit.retention.bounds", { min: DAYS_MIN, max: DAYS_MAX });
    if (chosen === days) return t("audit.retention.same");
    if (keep === "forever") return undefined;
    if (!found) return t("audit.retention.counting");
    return goes > 0 && typed.trim() !== String(goes) ? t("confirm.mismatch", { word: String(goes) }) : undefined;
  })();
  return (
    <Dialog
      title={t("audit.retention.title")}
      width={480}
      onClose={onClose}
      onSubmit={() => offBecause === undefined && !set.isPending && set.mutate({ days: chosen })}
      footNote={t(goes > 0 ? "confirm.irreversible" : "audit.retention.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            type="submit"
            tone={goes > 0 ? "danger-fill" : "primary"}
            disabledReason={offBecause}
            loading={set.isPending}
          >
            {keep === "forever"
              ? t("audit.retention.submit.forever")
              : t("audit.retention.submit", { count: isInBounds ? wanted : DAYS_MIN })}
          </ActionButton>
        </>
      }
    >
      <Radio.Group
        label={t("audit.retention.keep")}
        value={keep}
        onChange={(value) => setKeep(value === "days" ? "days" : "forever")}
      >
        <div className={classes.choices}>
          <Radio value="forever" label={t("audit.retention.forever")} />
          <Radio value="days" label={t("audit.retention.days")} />
        </div>
      </Radio.Group>
      {keep === "days" ? (
        <>
          <TextInput
            label={t("audit.retention.count")}
            description={t("audit.retention.bounds", { min: DAYS_MIN, max: DAYS_MAX })}
            inputMode="numeric"
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-autofocus
          />
          <Goes events={found?.events} before={found?.before} error={preview.error} />
          {goes > 0 ? (
            <TextInput
              label={t("confirm.type", { word: String(goes) })}
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          ) : null}
        </>
      ) : null}
      {set.error ? <Notice tone="bad" title={toAppError(set.error).message} /> : null}
    </Dialog>
  );
}

interface GoesProps {
  readonly events: number | undefined;
  readonly before: string | undefined;
  readonly error: unknown;
}

function Goes({ events, before, error }: GoesProps) {
  const t = useT();
  const format = useFormat();
  if (error) return <Notice tone="bad" title={toAppError(error).message} />;
  // One line high while it is counted, so that nothing moves.
  if (events === undefined || before === undefined) return <p aria-hidden>&nbsp;</p>;
  return (
    <p aria-live="polite" className={events > 0 ? "bad" : "muted"}>
      {events > 0
        ? t("audit.retention.goes", { count: events, date: format.date(before) })
        : t("audit.retention.nothingGoes", { date: format.date(before) })}
    </p>
  );
}
