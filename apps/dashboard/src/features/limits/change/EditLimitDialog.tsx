import { Button } from "@mantine/core";
import { useState } from "react";
import { useNow } from "../../../lib/clock.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-edit.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useMe } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ReasonField } from "../../../ui/ConfirmDialog.tsx";
import { FormDialog } from "../../../ui/FormDialog.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { type Limit, type LimitValues } from "../limit.ts";
import { useLimitLine } from "../LimitWords.tsx";
import { WhatIf } from "../rehearse/WhatIf.tsx";
import { DurationField } from "./DurationField.tsx";
import { type Duration, type LimitForm, rebase, toForm, toUpdate, toValues } from "./limit-form.ts";
import { LimitFields } from "./LimitFields.tsx";
import { NewValues } from "./NewValues.tsx";
import { refusedFields } from "./refused-fields.ts";
import { useStaleWords } from "./stale-words.ts";

const DEFAULT_MS = 900_000;
interface EditLimitDialogProps {
  /** As it is at this moment. */
  readonly limit: Limit;
  onSaved(saved: Limit): void;
  onClose(): void;
}

/** New values for a limit, for a time or until somebody changes them. They hold in every process. */
export function EditLimitDialog({ limit, onSaved, onClose }: EditLimitDialogProps) {
  const t = useT();
  const lineOf = useLimitLine();
  const { user } = useMe();
  const utils = trpc.useUtils();
  // As it was when the dialog was opened or the newer values were loaded: what is typed is a change of that.
  const [base, setBase] = useState(limit);
  const [form, setForm] = useState(() => toForm(limit));
  const [forMs, setForMs] = useState<Duration>(DEFAULT_MS);
  const [reason, setReason] = useState("");
  const update = trpc.limits.update.useMutation({
    onSuccess: onSaved,
    // What it was refused for may be newer than what is shown.
    onError: () => void utils.limits.invalidate(),
  });
  const stale = useStaleWords(base, limit, update.error);
  const refused = refusedFields(update.error);
  const values = toValues(base, form, user.role);
  const wanted = values && toUpdate(base, values, forMs, reason);
  const type = (typed: LimitForm): void => {
    setForm(typed);
    // What a field was refused for is not true of what is typed over it.
    if (stale === undefined && update.isError) update.reset();
  };
  const load = async (): Promise<void> => {
    const fresh = await utils.client.limits.get.query({ name: limit.name });
    setForm(rebase(form, base, fresh));
    setBase(fresh);
    update.reset();
  };

  return (
    <FormDialog
      title={t("limitEdit.title", { name: base.name })}
      subtitle={lineOf(base)}
      width={560}
      submitLabel={useSubmitLabel(forMs)}
      disabledReason={useOffReason(stale !== undefined, values !== undefined, wanted !== undefined)}
      isBusy={update.isPending}
      error={stale === undefined && Object.keys(refused).length === 0 ? update.error : undefined}
      footNote={t("limitEdit.note")}
      onSubmit={() => wanted && update.mutate(wanted)}
      onClose={onClose}
    >
      {stale === undefined ? null : (
        <Notice
          tone="warn"
          title={stale}
          end={
            <Button size="xs" onClick={() => void load()}>
              {t("limitEdit.stale.load")}
            </Button>
          }
        />
      )}
      <LimitFields limit={base} form={form} role={user.role} refused={refused} onChange={type} />
      <NewValues limit={limit} values={values} />
      {base.kind === "rate" ? (
        <WhatIf name={base.name} values={toRate(values ?? base)} isValid={values !== undefined} />
      ) : null}
      <DurationField limit={base} values={values} value={forMs} onChange={setForMs} />
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  );
}

function useSubmitLabel(forMs: Duration): string {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  return forMs === null
    ? t("limitEdit.submit.keep")
    : t("limitEdit.submit.revert", { time: format.timeShort(now + forMs) });
}

function useOffReason(isStale: boolean, isComplete: boolean, isChange: boolean): string | undefined {
  const t = useT();
  if (isStale) return t("limitEdit.stale.off");
  if (!isComplete) return t("limitEdit.incomplete");
  return isChange ? undefined : t("limitEdit.same");
}

function toRate({ limit, burst }: LimitValues): { limit: number; burst?: number } {
  return burst === null ? { limit } : { limit, burst };
}
