import { Link } from "@tanstack/react-router";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import { Time } from "../../../ui/Time.tsx";
import type { User } from "../user.ts";
import classes from "../Users.module.css";

const SHOWN_MAX = 50;

/** Their API keys, as far as one may see them; each leads to its own panel. */
export function UserKeys({ user }: { user: User }) {
  const t = useT();
  const keys = trpc.access.keys.list.useQuery({ ownerId: user.id, limit: SHOWN_MAX });
  return (
    <AsyncView query={keys} skeleton={<SkeletonLines lines={3} height={48} />}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState kind="never" title={t("users.keys.none")} body={t("users.keys.noneBody")} />
        ) : (
          <>
            <ul className={classes.rows} aria-label={t("nav.keys")}>
              {items.map((key) => (
                <li key={key.id} className={classes.row}>
                  <span className={classes.rowText}>
                    <Link to="/keys" search={{ owner: user.id, peek: key.id }} className="truncate">
                      {key.name}
                    </Link>
                    <span className="muted meta">
                      <code className="mono">swb_{key.prefix}…</code>
                      {" · "}
                      {key.lastUsedAt
                        ? t.rich("users.keys.used", { when: <Time at={key.lastUsedAt} /> })
                        : t("users.keys.unused")}
                    </span>
                  </span>
                  <StatusBadge status={key.status} />
                </li>
              ))}
            </ul>
            <p className={classes.rowsFoot}>
              <Link to="/keys" search={{ owner: user.id }}>
                {t("users.keys.all")}
              </Link>
            </p>
          </>
        )
      }
    </AsyncView>
  );
}
