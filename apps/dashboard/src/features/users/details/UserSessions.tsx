import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { Time } from "../../../ui/Time.tsx";
import { EndMatchingDialog } from "../../sessions/EndMatchingDialog.tsx";
import { Device } from "../../sessions/session-columns.tsx";
import { useEndSessions } from "../../sessions/use-end-sessions.ts";
import type { User } from "../user.ts";
import classes from "../Users.module.css";

const SHOWN_MAX = 50;

/** Where they are signed in, as far as one may see it. */
export function UserSessions({ user }: { user: User }) {
  const t = useT();
  const gate = useGate();
  const ending = useEndSessions();
  const [isOpen, setOpen] = useState(false);
  const sessions = trpc.access.sessions.list.useQuery({ userId: user.id, limit: SHOWN_MAX });
  return (
    <AsyncView query={sessions} skeleton={<SkeletonLines lines={3} height={48} />}>
      {({ items }) => {
        const shown = items.filter(({ id }) => !ending.ended.has(id));
        if (shown.length === 0) {
          return <EmptyState kind="never" title={t("users.session.none")} body={t("users.session.noneBody")} />;
        }
        return (
          <>
            <ul className={classes.rows} aria-label={t("nav.sessions")}>
              {shown.map((session) => (
                <li key={session.id} className={classes.row}>
                  <span className={classes.rowText}>
                    <Device session={session} />
                    <span className="muted meta">
                      {session.address ? <span className="mono">{session.address} · </span> : null}
                      <Time at={session.lastSeenAt} />
                    </span>
                  </span>
                  <ActionButton
                    size="xs"
                    tone="danger"
                    disabledReason={ending.offBecause(session)}
                    onClick={() => ending.end(session)}
                  >
                    {t("sessions.end")}
                  </ActionButton>
                </li>
              ))}
            </ul>
            <p className={classes.rowsFoot}>
              <Link to="/sessions" search={{ user: user.id }}>
                {t("users.session.all")}
              </Link>
              <ActionButton
                size="xs"
                tone="danger"
                disabledReason={gate("access.sessions.revokeAll")}
                onClick={() => setOpen(true)}
              >
                {t("sessionsPage.endPersons")}
              </ActionButton>
            </p>
            {isOpen ? (
              <EndMatchingDialog
                filter={{ userId: user.id }}
                chips={[{ id: "user", name: t("sessionsPage.person"), value: user.email }]}
                onClose={() => setOpen(false)}
              />
            ) : null}
          </>
        );
      }}
    </AsyncView>
  );
}
