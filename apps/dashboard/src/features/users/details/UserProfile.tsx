import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useMay } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Facts } from "../../../ui/Facts.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import { Time } from "../../../ui/Time.tsx";
import { factorWords } from "../impact.tsx";
import type { UserActs } from "../use-user-acts.tsx";
import type { User } from "../user.ts";
import { RoleWord } from "../user-columns.tsx";
import classes from "../Users.module.css";

export function UserProfile({ user, acts }: { user: User; acts: UserActs }) {
  const t = useT();
  const may = useMay();
  return (
    <>
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
      {may("users.impact") ? <Factors user={user} acts={acts} /> : null}
    </>
  );
}

/** Whether a password alone lets them in, and the way back for who lost their phone. */
function Factors({ user, acts }: { user: User; acts: UserActs }) {
  const t = useT();
  const format = useFormat();
  const query = trpc.users.impact.useQuery({ id: user.id });
  const words = query.data ? factorWords(query.data, t) : [];
  const none = query.data && words.length === 0 ? t("users.factors.off.none") : undefined;
  return (
    <PeekSection
      title={t("users.factors")}
      end={
        <ActionButton
          size="xs"
          tone="danger"
          disabledReason={acts.offBecause("resetFactors", user) ?? none}
          onClick={() => acts.start("resetFactors", user)}
        >
          {t("users.act.resetFactors")}
        </ActionButton>
      }
    >
      <AsyncView query={query} skeleton={<SkeletonLines lines={1} height={20} />}>
        {() =>
          words.length > 0 ? (
            <p>{t("users.factors.has", { what: format.list(words) })}</p>
          ) : (
            <p className="muted">{t("users.factors.none")}</p>
          )
        }
      </AsyncView>
    </PeekSection>
  );
}
