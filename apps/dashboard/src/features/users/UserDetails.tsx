import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate, useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { PeekSection } from "../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { describeAgent } from "./describe-agent.ts";
import type { User } from "./user.ts";
import { RoleWord } from "./user-columns.tsx";
import classes from "./Users.module.css";
import { type UserTab, userTabs } from "./users.search.ts";

const LIST_MAX = 50;
const ACTS_SHOWN = 25;
const ROLES_FRESH_MS = 600_000;

export interface UserDetailsProps {
  readonly user: User;
  readonly tab: UserTab;
  onTab(tab: UserTab): void;
}

/** One person in parts; the same beside the list and on a page of its own. */
export function UserDetails({ user, tab, onTab }: UserDetailsProps) {
  const t = useT();
  return (
    <>
      <div className={classes.tabs}>
        <Tabs
          label={t("users.parts")}
          items={userTabs.map((id) => ({ id, label: t(`users.tab.${id}`) }))}
          value={tab}
          onChange={onTab}
        />
      </div>
      {tab === "profile" ? <Profile user={user} /> : null}
      {tab === "sessions" ? <Sessions user={user} /> : null}
      {tab === "rights" ? <Rights user={user} /> : null}
      {tab === "audit" ? <Acts user={user} /> : null}
    </>
  );
}

function Profile({ user }: { user: User }) {
  const t = useT();
  return (
    <PeekSection>
      <Facts
        facts={[
          { label: t("users.name"), value: user.name },
          { label: t("users.email"), value: user.email },
          { label: t("users.role"), value: <RoleWord role={user.role} /> },
          { label: t("users.status"), value: <StatusBadge status={user.status} /> },
          ...(user.status === "suspended"
            ? [{ label: t("ui.reason"), value: user.suspendedReason ?? t("ui.none") }]
            : []),
          { label: t("users.lastSeen"), value: user.lastSeenAt ? <Time at={user.lastSeenAt} /> : t("users.never") },
          { label: t("users.created"), value: <Time at={user.createdAt} as="dateTime" /> },
          { label: t("users.updated"), value: <Time at={user.updatedAt} as="dateTime" /> },
          {
            label: t("users.id"),
            value: (
              <span className={classes.id}>
                <code className="mono">{user.id}</code>
                <CopyButton value={user.id} what={t("users.id")} />
              </span>
            ),
          },
        ]}
      />
    </PeekSection>
  );
}

function Sessions({ user }: { user: User }) {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [endingId, setEndingId] = useState<string>();
  const sessions = trpc.access.sessions.list.useQuery({ userId: user.id, limit: LIST_MAX });
  const revoke = trpc.access.sessions.revoke.useMutation({
    onSuccess: () => toast({ tone: "ok", title: t("users.session.ended") }),
    onError: (error) => toast({ tone: "bad", title: t("users.session.notEnded"), detail: toAppError(error).message }),
    onSettled: () => {
      setEndingId(undefined);
      void utils.access.sessions.invalidate();
    },
  });
  return (
    <AsyncView query={sessions} skeleton={<SkeletonLines lines={3} height={48} />}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState kind="never" title={t("users.session.none")} body={t("users.session.noneBody")} />
        ) : (
          <ul className={classes.rows}>
            {items.map((session) => (
              <li key={session.id} className={classes.row}>
                <span className={classes.rowText}>
                  <span>
                    {describeAgent(session.userAgent) ?? t("users.session.unknown")}{" "}
                    {session.current ? <Tag>{t("users.session.current")}</Tag> : null}
                  </span>
                  <span className="muted meta">
                    {session.address ? <span className="mono">{session.address} · </span> : null}
                    <Time at={session.lastSeenAt} />
                  </span>
                </span>
                <ActionButton
                  size="xs"
                  tone="danger"
                  disabledReason={
                    gate("access.sessions.revoke") ?? (session.current ? t("users.session.own") : undefined)
                  }
                  loading={endingId === session.id}
                  onClick={() => {
                    setEndingId(session.id);
                    revoke.mutate({ id: session.id });
                  }}
                >
                  {t("users.session.end")}
                </ActionButton>
              </li>
            ))}
          </ul>
        )
      }
    </AsyncView>
  );
}

function Rights({ user }: { user: User }) {
  const t = useT();
  const roles = trpc.access.roles.useQuery(undefined, { staleTime: ROLES_FRESH_MS });
  return (
    <AsyncView query={roles}>
      {(answer) => {
        const rights = answer.roles.find((role) => role.name === user.role)?.rights ?? [];
        const groups = Map.groupBy(rights, (right) => right.split(".")[0] ?? right);
        return [...groups].map(([feature, members]) => (
          <PeekSection
            key={feature}
            title={<code className="mono">{feature}</code>}
            end={t("users.rights", { count: members.length })}
          >
            <p className={classes.rightWords}>
              {members.map((right) => (
                <code key={right} className="mono">
                  {right.slice(feature.length + 1)}
                </code>
              ))}
            </p>
          </PeekSection>
        ));
      }}
    </AsyncView>
  );
}

/** What the person did; what was done to them is a link away. */
function Acts({ user }: { user: User }) {
  const t = useT();
  const format = useFormat();
  const may = useMay();
  const isAllowed = may("audit.list");
  const acts = trpc.audit.list.useQuery({ actorId: user.id, limit: ACTS_SHOWN }, { enabled: isAllowed });
  if (!isAllowed) return <EmptyState kind="no-right" title={t("empty.noRight")} body={t("users.audit.noRight")} />;
  return (
    <AsyncView query={acts}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState kind="never" title={t("users.audit.none")} body={t("users.audit.noneBody")} />
        ) : (
          <>
            <ul className={classes.rows}>
              {items.map((act) => (
                <li key={act.id} className={classes.actRow}>
                  <span className="num muted meta" title={format.dateTime(act.at)}>
                    {format.time(act.at)}
                  </span>
                  <code className="mono truncate">{act.action}</code>
                  <StatusBadge status={act.outcome} />
                </li>
              ))}
            </ul>
            <PeekSection>
              <p className={classes.links}>
                <Link to="/audit" search={{ actor: user.id }}>
                  {t("users.audit.by")}
                </Link>
                <Link to="/audit" search={{ target: user.id }}>
                  {t("users.audit.of")}
                </Link>
              </p>
            </PeekSection>
          </>
        )
      }
    </AsyncView>
  );
}
