import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { rankOf } from "../../lib/roles.ts";
import { useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";
import type { Session } from "./session.ts";

export interface EndSessions {
  /** Ids that are on their way out: a list leaves them out before the server has answered. */
  readonly ended: ReadonlySet<string>;
  /** Why a session cannot be ended, or undefined. */
  offBecause(session: Session): string | undefined;
  /** Nothing is asked: whoever it was signs in again. There is no undo, and the message says so. */
  end(session: Session): void;
}

export function useEndSessions(): EndSessions {
  const t = useT();
  const toast = useToast();
  const gate = useGate();
  const me = useMe();
  const utils = trpc.useUtils();
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set());
  const revoke = trpc.access.sessions.revoke.useMutation();

  const offBecause = (session: Session): string | undefined => {
    const off = gate("access.sessions.revoke");
    if (off !== undefined) return off;
    if (session.current) return t("users.session.own");
    const isAbove = rankOf(session.role) > rankOf(me.user.role);
    return isAbove ? t("users.off.rank", { role: t(`role.${session.role}`) }) : undefined;
  };
  const end = (session: Session): void => {
    if (offBecause(session) !== undefined) return;
    setEnded((before) => new Set([...before, session.id]));
    revoke.mutate(
      { id: session.id },
      {
        onSuccess: () =>
          toast({
            tone: "ok",
            title: t("sessionsPage.did.end", { email: session.email }),
            detail: t("sessionsPage.did.end.detail"),
          }),
        onError: (error) => {
          setEnded((before) => new Set([...before].filter((id) => id !== session.id)));
          toast({ tone: "bad", title: t("sessions.didNot.end"), detail: toAppError(error).message });
        },
        onSettled: () => void utils.access.sessions.invalidate(),
      },
    );
  };
  return { ended, offBecause, end };
}
