import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useMay } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import classes from "./Overview.module.css";

type Act = Outputs["audit"]["list"]["items"][number];
const READ = 100;
const GROUPS = 3;
const REFRESH_MS = 30_000;

/** The newest acts of the audit log in one line, alike ones together. */
export function RecentActs() {
  const t = useT();
  const format = useFormat();
  const may = useMay();
  const isAllowed = may("audit.list");
  const acts = trpc.audit.list.useQuery({ limit: READ }, { enabled: isAllowed });
  if (!isAllowed) return null;
  const items = acts.data?.items ?? [];
  const oldest = items.at(-1);
  return (
    <p className={classes.acts}>
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void acts.refetch()} />
      <History size={14} className="muted" aria-hidden />
      {oldest ? (
        <>
          <span className="muted">{t("overview.acts.since", { time: format.time(oldest.at) })}</span>
          {groupsOf(items)
            .slice(0, GROUPS)
            .map(({ action, who, count }) => (
              <span key={`${action} ${who}`} className={classes.act}>
                {t.rich("overview.acts.group", { count, action: <code className="mono">{action}</code>, who })}
              </span>
            ))}
          <Link to="/audit" className="medium">
            {t("overview.acts.all")}
          </Link>
        </>
      ) : (
        <span className="muted">{acts.isPending ? "\u00a0" : t("overview.acts.none")}</span>
      )}
    </p>
  );
}

function groupsOf(acts: readonly Act[]): { action: string; who: string; count: number }[] {
  const groups = Map.groupBy(acts, ({ action, keyName, actorEmail, via }) =>
    JSON.stringify([action, keyName ?? actorEmail ?? via]),
  );
  return [...groups]
    .map(([key, members]) => {
      const [action = "", who = ""] = JSON.parse(key) as string[];
      return { action, who, count: members.length };
    })
    .toSorted((a, b) => b.count - a.count);
}
