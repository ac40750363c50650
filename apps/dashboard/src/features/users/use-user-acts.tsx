import { type ReactNode, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Impact } from "./impact.tsx";
import { RoleDialog } from "./RoleDialog.tsx";
import { useUndelete } from "./use-undelete.ts";
import { actRights, refusalOf, type User, type UserAct } from "./user.ts";
import { UserFormDialog } from "./UserFormDialog.tsx";

export interface UserActs {
  /** Why an act on a person is off, or undefined. */
  offBecause(act: UserAct, user: User): string | undefined;
  /** Opens the act's dialog; to restore needs none. Does nothing when it is off. */
  start(act: UserAct, user: User): void;
  readonly dialog: ReactNode;
}

/** What can be done to one person, with its dialogs and messages. */
export function useUserActs(options: { onDeleted?(id: string): void; onBack?(user: User): void } = {}): UserActs {
  const t = useT();
  const toast = useToast();
  const me = useMe();
  const gate = useGate();
  const utils = trpc.useUtils();
  const undelete = useUndelete();
  const [asked, setAsked] = useState<{ act: Exclude<UserAct, "restore">; user: User }>();
  const close = (): void => setAsked(undefined);

  // Their sessions and keys are other lists.
  const onSettled = (): void => {
    void utils.users.invalidate();
    void utils.access.sessions.invalidate();
    void utils.access.keys.invalidate();
  };
  const suspend = trpc.users.suspend.useMutation({
    onSettled,
    onSuccess: (user) => {
      toast({
        tone: "ok",
        title: t("users.did.suspend", { email: user.email }),
        detail: t("users.did.suspend.detail"),
      });
      close();
    },
  });
  const restore = trpc.users.restore.useMutation({
    onSettled,
    onSuccess: (user) => toast({ tone: "ok", title: t("users.did.restore", { email: user.email }) }),
    onError: (error) => toast({ tone: "bad", title: t("users.didNot.restore"), detail: toAppError(error).message }),
  });
  const remove = trpc.users.delete.useMutation({ onSettled });
  const resetFactors = trpc.access.resetFactors.useMutation({ onSettled });

  const offBecause = (act: UserAct, user: User): string | undefined =>
    gate(actRights[act]) ?? refusalOf(act, user, me, t);
  const start = (act: UserAct, user: User): void => {
    if (offBecause(act, user) !== undefined) return;
    suspend.reset();
    remove.reset();
    resetFactors.reset();
    if (act === "restore") restore.mutate({ id: user.id });
    else setAsked({ act, user });
  };

  return { offBecause, start, dialog: asked ? dialogOf(asked) : null };

  function dialogOf({ act, user }: NonNullable<typeof asked>): ReactNode {
    const { id, email } = user;
    switch (act) {
      case "edit":
        return <UserFormDialog user={user} onClose={close} />;
      case "role":
        return <RoleDialog user={user} onClose={close} />;
      case "suspend":
        return (
          <ConfirmDialog
            danger
            withReason
            title={t("users.suspend.title", { email })}
            body={
              <>
                <p>{t("users.suspend.body")}</p>
                <Impact userId={id} act="suspend" />
              </>
            }
            confirmLabel={t("users.suspend.submit")}
            footNote={t("users.suspend.note")}
            isBusy={suspend.isPending}
            error={suspend.error}
            onConfirm={(reason) => suspend.mutate({ id, ...(reason ? { reason } : {}) })}
            onClose={close}
          />
        );
      case "delete":
        return (
          <ConfirmDialog
            danger
            withReason
            title={t("users.delete.title", { email })}
            body={
              <>
                <p>{t("users.delete.body")}</p>
                <Impact userId={id} act="delete" />
              </>
            }
            confirmLabel={t("users.delete.submit")}
            footNote={t("users.delete.note")}
            isBusy={remove.isPending}
            error={remove.error}
            onConfirm={(reason) =>
              remove.mutate(
                { id, ...(reason ? { reason } : {}) },
                {
                  onSuccess: () => {
                    toast({
                      tone: "ok",
                      title: t("users.did.delete", { email }),
                      onUndo: () => undelete.run(id, options.onBack),
                    });
                    close();
                    options.onDeleted?.(id);
                  },
                },
              )
            }
            onClose={close}
          />
        );
      case "resetFactors":
        return (
          <ConfirmDialog
            danger
            withReason
            title={t("users.resetFactors.title", { email })}
            body={t("users.resetFactors.body")}
            confirmLabel={t("users.resetFactors.submit")}
            footNote={t("confirm.irreversible")}
            isBusy={resetFactors.isPending}
            error={resetFactors.error}
            onConfirm={(reason) =>
              resetFactors.mutate(
                { userId: id, ...(reason ? { reason } : {}) },
                {
                  onSuccess: () => {
                    toast({ tone: "ok", title: t("users.did.resetFactors", { email }) });
                    close();
                  },
                },
              )
            }
            onClose={close}
          />
        );
    }
  }
}
