import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";
import type { User } from "./user.ts";

export interface Undelete {
  /** Whom it is bringing back, by id. */
  readonly runningId: string | undefined;
  run(id: string, onBack?: (user: User) => void): void;
}

/** Brings back somebody who was deleted, with their account, factors and keys. */
export function useUndelete(): Undelete {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const undelete = trpc.users.undelete.useMutation({
    onSuccess: (user) => toast({ tone: "ok", title: t("users.did.undelete", { email: user.email }) }),
    onError: (error) => toast({ tone: "bad", title: t("users.didNot.undelete"), detail: toAppError(error).message }),
    onSettled: () => {
      void utils.users.invalidate();
      void utils.access.invalidate();
    },
  });
  return {
    runningId: undelete.isPending ? undelete.variables.id : undefined,
    run: (id, onBack) => undelete.mutate({ id }, { onSuccess: (user) => onBack?.(user) }),
  };
}
