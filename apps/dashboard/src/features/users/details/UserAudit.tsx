import { Link } from "@tanstack/react-router";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useMay } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import type { User } from "../user.ts";
import classes from "../Users.module.css";

const ACTS_SHOWN = 25;

/** What the person did; what was done to them is a link away. */
export function UserAudit({ user }: { user: User }) {
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
