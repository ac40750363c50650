import { type ReactNode, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { RoleDialog } from "./RoleDialog.tsx";
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
export function useUserActs(options: { onDeleted?(id: string): void } = {}): UserActs {
  const t = useT();
  const toast = useToast();
  const me = useMe();
  const gate = useGate();
  const utils = trpc.useUtils();
  const [asked, setAsked] = useState<{ act: Exclude<UserAct, "restore">; user: User }>();
  const close = (): void => setAsked(undefined);

  const onSettled = (): void => void utils.users.invalidate();
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

  const offBecause = (act: UserAct, user: User): string | undefined =>
    gate(actRights[act]) ?? refusalOf(act, user, me, t);
  const start = (act: UserAct, user: User): void => {
    if (offBecause(act, user) !== undefined) return;
    suspend.reset();
    remove.reset();
    if (act === "restore") restore.mutate({ id: user.id });
    else setAsked({ act, user });
  };

  return { offBecause, start, dialog: asked ? dialogOf(asked) : null };

  function dialogOf({ act, user }: NonNullable<typeof asked>): ReactNode {
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
            title={t("users.suspend.title", { email: user.email })}
            body={t("users.suspend.body")}
            confirmLabel={t("users.suspend.submit")}
            footNote={t("users.suspend.note")}
            isBusy={suspend.isPending}
            error={suspend.error}
            onConfirm={(reason) => suspend.mutate({ id: user.id, ...(reason ? { reason } : {}) })}
            onClose={close}
          />
        );
      case "delete":
        return (
          <ConfirmDialog
            danger
            typed={user.email}
            title={t("users.delete.title", { email: user.email })}
            body={t("users.delete.body")}
            confirmLabel={t("users.delete.submit")}
            isBusy={remove.isPending}
            error={remove.error}
            onConfirm={() =>
              remove.mutate(
                { id: user.id },
                {
                  onSuccess: () => {
                    toast({ tone: "ok", title: t("users.did.delete", { email: user.email }) });
                    close();
                    options.onDeleted?.(user.id);
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
