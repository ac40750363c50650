import { Link } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { Time } from "../../ui/Time.tsx";
import { RoleWord } from "../users/user-columns.tsx";
import type { Session } from "./session.ts";
import { Device } from "./session-columns.tsx";
import classes from "./Sessions.module.css";

export interface SessionPeekProps {
  readonly session: Session;
  /** Why it cannot be ended. */
  readonly offBecause: string | undefined;
  onEnd(): void;
  /** All sessions of the person. */
  onEndAll(): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function SessionPeek({ session, offBecause, onEnd, onEndAll, onClose, onPrevious, onNext }: SessionPeekProps) {
  const t = useT();
  const gate = useGate();
  return (
    <PeekPanel
      label={t("sessionsPage.of", { email: session.email })}
      title={<span className="truncate">{session.email}</span>}
      actions={
        <>
          <ActionButton tone="danger" disabledReason={offBecause} onClick={onEnd}>
            {t("sessionsPage.end")}
          </ActionButton>
          <ActionButton tone="danger" disabledReason={gate("access.sessions.revokeAll")} onClick={onEndAll}>
            {t("sessionsPage.endPersons")}
          </ActionButton>
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      <PeekSection>
        <Facts
          facts={[
            {
              label: t("users.name"),
              value: (
                <Link to="/users/$id" params={{ id: session.userId }}>
                  {session.name}
                </Link>
              ),
            },
            { label: t("users.role"), value: <RoleWord role={session.role} /> },
            { label: t("sessionsPage.device"), value: <Device session={session} /> },
            {
              label: t("sessionsPage.address"),
              value: session.address ? <span className="mono">{session.address}</span> : t("ui.none"),
            },
            { label: t("sessionsPage.signedIn"), value: <Time at={session.createdAt} as="dateTime" /> },
            { label: t("users.lastSeen"), value: <Time at={session.lastSeenAt} /> },
            { label: t("sessionsPage.verified"), value: <Time at={session.verifiedAt} /> },
            { label: t("sessionsPage.expires"), value: <Time at={session.expiresAt} as="dateTime" /> },
            {
              label: t("users.id"),
              value: (
                <span className={classes.id}>
                  <code className="mono">{session.id}</code>
                  <CopyButton value={session.id} what={t("users.id")} />
                </span>
              ),
            },
          ]}
        />
      </PeekSection>
      {session.userAgent ? (
        <PeekSection title={t("sessionsPage.agent")}>
          <p className={`mono ${classes.agent}`}>{session.userAgent}</p>
        </PeekSection>
      ) : null}
    </PeekPanel>
  );
}
