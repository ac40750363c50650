import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { toAppError } from "../../lib/errors.ts";
import type { User } from "./user.ts";
import classes from "./Users.module.css";

export interface BulkStatusDialogProps {
  readonly act: "suspend" | "restore";
  readonly users: readonly User[];
  onDone(): void;
  onClose(): void;
}

/** Suspends or restores people one after the other: the server has no bulk act, and each may be refused by itself. */
export function BulkStatusDialog({ act, users, onDone, onClose }: BulkStatusDialogProps) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [done, setDone] = useState<number | null>(null);
  const count = users.length;

  const run = async (reason: string): Promise<void> => {
    const refusals: string[] = [];
    for (const [index, { id, email }] of users.entries()) {
      setDone(index);
      try {
        if (act === "suspend") await utils.client.users.suspend.mutate({ id, ...(reason ? { reason } : {}) });
        else await utils.client.users.restore.mutate({ id });
      } catch (error) {
        refusals.push(`${email}: ${toAppError(error).message}`);
      }
    }
    void utils.users.invalidate();
    const changed = count - refusals.length;
    toast({
      tone: refusals.length > 0 ? "bad" : "ok",
      title: t(`users.bulk.${act}.done`, { count: changed }),
      ...(refusals[0] ? { detail: t("users.bulk.refused", { count: refusals.length, first: refusals[0] }) } : {}),
    });
    onDone();
    onClose();
  };

  return (
    <ConfirmDialog
      danger={act === "suspend"}
      withReason={act === "suspend"}
      title={t(`users.bulk.${act}.title`, { count })}
      body={
        <>
          <p>{t(act === "suspend" ? "users.suspend.body" : "users.bulk.restore.body")}</p>
          {done === null ? null : (
            <div className={classes.progress}>
              <Meter share={done / count} height={6} tone="accent" label={t(`users.bulk.${act}.title`, { count })} />
              <span className="num meta" role="status">
                {t("users.bulk.progress", { done, count })}
              </span>
            </div>
          )}
        </>
      }
      confirmLabel={t(`users.bulk.${act}.submit`, { count })}
      isBusy={done !== null}
      onConfirm={(reason) => void run(reason)}
      onClose={onClose}
    />
  );
}
