import { createContext, type ReactNode, useContext } from "react";
import { useT } from "./i18n/i18n.tsx";
import { useLive } from "./live.tsx";
import type { Outputs } from "./trpc.ts";

export type Me = Outputs["access"]["me"];
export type Role = Me["user"]["role"];

const SessionContext = createContext<Me | null>(null);

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  return <SessionContext value={me}>{children}</SessionContext>;
}

/** Who is signed in. Pages are drawn only when somebody is. */
export function useMe(): Me {
  const me = useContext(SessionContext);
  if (!me) throw new Error("useMe needs a SessionProvider above it.");
  return me;
}

/** Whether the caller may call a procedure, by its path. */
export function useMay(): (right: string) => boolean {
  const { rights } = useMe();
  return (right) => rights.includes(right);
}

/**
 * Why an act is off: no right to it, or no connection. Undefined when it is on. For `disabledReason` of `ActionButton`:
 * a forbidden control is shown with what it needs, and nothing is queued silently while the server is away.
 */
export function useGate(): (right: string) => string | undefined {
  const t = useT();
  const me = useMe();
  const { status } = useLive();
  return (right) => {
    if (!me.rights.includes(right)) return t("gate.right", { right, role: t(`role.${me.user.role}`) });
    return status === "lost" ? t("gate.offline") : undefined;
  };
}
