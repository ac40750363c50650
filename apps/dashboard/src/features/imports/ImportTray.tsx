import { Link, useParams } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { useEffect } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { Meter } from "../../ui/Meter.tsx";
import { type ImportSummary, isMoving, progressOf } from "./import.ts";
import { ImportBadge } from "./ImportBadge.tsx";
import classes from "./ImportTray.module.css";
import { usePace } from "./use-pace.ts";

const NEWEST = 10;
const MOVING_MS = 1900;
const STILL_MS = 30_000;

/** At the foot of every page while an import is under way, for those who may see it; not on the page of that import. */
export function ImportTray() {
  const may = useMay();
  return may("users.imports.list") ? <Tray /> : null;
}

function Tray() {
  const { id: shownId } = useParams({ strict: false });
  const query = trpc.users.imports.list.useQuery({ limit: NEWEST });
  const moving = query.data?.items.filter((item) => isMoving(item) && item.state !== "uploading") ?? [];
  const [first, ...others] = moving.filter((item) => item.id !== shownId);
  return (
    <>
      <LiveRefresh
        everyMs={moving.length > 0 ? MOVING_MS : STILL_MS}
        onDue={() => void query.refetch({ cancelRefetch: false })}
      />
      {first ? <Bar key={first.id} item={first} others={others.length} readAtMs={query.dataUpdatedAt} /> : null}
    </>
  );
}

function Bar({ item, others, readAtMs }: { item: ImportSummary; others: number; readAtMs: number }) {
  const t = useT();
  const format = useFormat();
  const { done, total, share } = progressOf(item) ?? { done: 0, total: 0, share: 0 };
  const pace = usePace(item.state, done, readAtMs);
  useTrayOnRoot();
  return (
    <aside className={classes.bar} aria-label={t("imports.tray")}>
      <Upload size={16} className="muted" aria-hidden />
      <Link to="/users/imports/$id" params={{ id: item.id }} className={classes.name}>
        {t("imports.tray.name", { name: item.fileName })}
      </Link>
      <span className={classes.state}>
        <ImportBadge item={item} />
      </span>
      <span className={classes.meter}>
        <Meter
          share={share}
          label={t("imports.tray.name", { name: item.fileName })}
          height={6}
          tone="accent"
          isProgress
        />
      </span>
      <span className="num strong">{format.percent(share, 0)}</span>
      <span className={`num muted ${classes.more}`}>
        {t("imports.progress", { done: format.number(done), total: format.number(total) })}
        {pace === null ? null : ` · ${t("imports.pace", { rate: format.rate(pace) })}`}
        {pace !== null && pace > 0
          ? ` · ${t("imports.left", { time: format.duration(Math.ceil((total - done) / pace) * 1000) })}`
          : null}
      </span>
      {item.problemRows > 0 ? (
        <span className={`num bad ${classes.more}`}>{t("imports.problems.count", { count: item.problemRows })}</span>
      ) : null}
      {others > 0 ? (
        <Link to="/users/imports" className={classes.others}>
          {t("imports.tray.others", { count: others })}
        </Link>
      ) : null}
    </aside>
  );
}

/** On the root element, since toasts lie outside of the shell and keep clear of it. */
function useTrayOnRoot(): void {
  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset.tray = "open";
    return () => {
      delete dataset.tray;
    };
  }, []);
}
