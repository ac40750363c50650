import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { FieldLabel } from "../../ui/FieldLabel.tsx";
import classes from "./Audit.module.css";
import type { AuditSearch } from "./audit.search.ts";
import { instantOf, wallOf } from "./zoned-time.ts";

type Period = Pick<AuditSearch, "from" | "to">;
const DAY_MS = 86_400_000;

interface PeriodDialogProps {
  readonly period: Period;
  onChoose(period: Period): void;
  onClose(): void;
}

/** From when to when, in the reader's time zone. */
export function PeriodDialog({ period, onChoose, onClose }: PeriodDialogProps) {
  const t = useT();
  const { timeZone, zoneLabel } = useFormat();
  const [from, setFrom] = useState(() => wallOf(Date.parse(period.from ?? "") || nowMs() - DAY_MS, timeZone));
  const [to, setTo] = useState(() => (period.to ? wallOf(Date.parse(period.to), timeZone) : ""));
  const fromMs = instantOf(from, timeZone);
  const toMs = instantOf(to, timeZone);
  const isOrdered = fromMs === undefined || toMs === undefined || fromMs < toMs;
  const offBecause = isOrdered ? undefined : t("audit.period.order");
  const iso = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : new Date(at).toISOString();
  return (
    <Dialog
      title={t("audit.period.title")}
      width={480}
      onClose={onClose}
      onSubmit={() => offBecause === undefined && onChoose({ from: iso(fromMs), to: iso(toMs) })}
      footNote={t("audit.period.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" type="submit" tone="primary" disabledReason={offBecause}>
            {t("audit.period.submit")}
          </ActionButton>
        </>
      }
    >
      <div className={classes.period}>
        <TextInput
          type="datetime-local"
          label={<FieldLabel hint={zoneLabel}>{t("audit.period.from")}</FieldLabel>}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          type="datetime-local"
          label={<FieldLabel hint={zoneLabel}>{t("audit.period.to")}</FieldLabel>}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={isOrdered ? null : t("audit.period.order")}
        />
      </div>
    </Dialog>
  );
}
