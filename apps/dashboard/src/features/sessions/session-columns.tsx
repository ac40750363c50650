import { Monitor, Smartphone, SquareTerminal } from "lucide-react";
import { useMemo } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Column } from "../../ui/table/column.ts";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { agentKind, describeAgent } from "../users/describe-agent.ts";
import type { Session } from "./session.ts";
import classes from "./Sessions.module.css";

/** `isTight`: beside an open panel, or in a narrow window. `withPerson`: for who sees the sessions of others. */
export function useSessionColumns(isTight: boolean, withPerson: boolean): readonly Column<Session>[] {
  const t = useT();
  return useMemo(() => {
    const all: readonly Column<Session>[] = [
      { id: "email", header: t("users.email"), cell: ({ email }) => <span className="medium">{email}</span> },
      { id: "name", header: t("users.name"), cell: ({ name }) => <span className="fg-2">{name}</span> },
      { id: "device", header: t("sessionsPage.device"), width: 232, cell: (session) => <Device session={session} /> },
      {
        id: "address",
        header: t("sessionsPage.address"),
        width: 150,
        look: "mono",
        cell: ({ address }) => address ?? <span className="muted">{t("ui.none")}</span>,
      },
      {
        id: "created",
        header: t("sessionsPage.signedIn"),
        width: 130,
        align: "end",
        look: "muted",
        cell: ({ createdAt }) => <Time at={createdAt} />,
      },
      {
        id: "lastSeen",
        header: t("users.lastSeen"),
        width: 120,
        align: "end",
        cell: ({ lastSeenAt }) => <Time at={lastSeenAt} />,
      },
    ];
    const left = new Set([
      ...(withPerson ? [] : ["email", "name"]),
      ...(isTight ? ["name", "created"] : []),
      // With nobody named beside it, the device is what the row is about.
      ...(isTight && withPerson ? ["address"] : []),
    ]);
    return all
      .filter(({ id }) => !left.has(id))
      .map(({ width, ...column }) => ({
        ...column,
        ...(width === undefined || (column.id === "device" && !withPerson) ? {} : { width }),
      }));
  }, [t, isTight, withPerson]);
}

const icons = { desk: Monitor, phone: Smartphone, program: SquareTerminal } as const;

/** Browser and system, as the user agent names them, and a word beside one's own. */
export function Device({ session }: { session: Session }) {
  const t = useT();
  const Icon = icons[agentKind(session.userAgent)];
  return (
    <span className={classes.device}>
      <Icon size={14} className="muted" aria-hidden />
      <span className="truncate" title={session.userAgent ?? undefined}>
        {describeAgent(session.userAgent) ?? t("sessions.unknown")}
      </span>
      {session.current ? <Tag>{t("sessions.current")}</Tag> : null}
    </span>
  );
}
