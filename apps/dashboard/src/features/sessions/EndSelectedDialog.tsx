import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import type { Session } from "./session.ts";
import classes from "./Sessions.module.css";

export interface EndSelectedDialogProps {
  /** Those that may be ended. */
  readonly sessions: readonly Session[];
  /** Selected ones that may not: one's own, and those of higher roles. */
  readonly spared: number;
  onDone(): void;
  onClose(): void;
}

/** Ends rows that were picked, one after the other: each may be refused, or be gone, by itself. */
export function EndSelectedDialog({ sessions, spared, onDone, onClose }: EndSelectedDialogProps) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [done, setDone] = useState<number | null>(null);
  const count = sessions.length;
  const title = t("sessionsPage.selected.title", { count });

  const run = async (): Promise<void> => {
    const refusals: string[] = [];
    for (const [index, { id, email }] of sessions.entries()) {
      setDone(index);
      try {
        await utils.client.access.sessions.revoke.mutate({ id });
      } catch (error) {
        refusals.push(`${email}: ${toAppError(error).message}`);
      }
    }
    void utils.access.sessions.invalidate();
    const [first] = refusals;
    toast({
      tone: refusals.length > 0 ? "bad" : "ok",
      title: t("sessionsPage.did.endAll", { count: count - refusals.length }),
      ...(first ? { detail: t("users.bulk.refused", { count: refusals.length, first }) } : {}),
    });
    onDone();
    onClose();
  };

  return (
    <ConfirmDialog
      danger
      title={title}
      body={
        <>
          <p>
            {t("sessionsPage.selected.body")}
            {spared > 0 ? ` ${t("sessionsPage.selected.spared", { count: spared })}` : ""}
          </p>
          {done === null ? null : (
            <div className={classes.progress}>
              <Meter share={done / count} height={6} tone="accent" label={title} isProgress />
              <span className="num meta" role="status">
                {t("users.bulk.progress", { done, count })}
              </span>
            </div>
          )}
        </>
      }
      confirmLabel={t("sessionsPage.all.submit", { count })}
      footNote={t("confirm.irreversible")}
      isBusy={done !== null}
      onConfirm={() => void run()}
      onClose={onClose}
    />
  );
}
