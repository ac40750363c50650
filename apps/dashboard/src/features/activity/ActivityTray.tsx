import { Link, useParams } from "@tanstack/react-router";
import { ListChecks, Upload } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/activity.ts";
import "../../lib/i18n/en/imports.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { Meter } from "../../ui/Meter.tsx";
import { type ImportSummary, isMoving as isImportMoving, progressOf as importProgressOf } from "../imports/import.ts";
import { ImportBadge } from "../imports/ImportBadge.tsx";
import { usePace } from "../imports/use-pace.ts";
import classes from "./ActivityTray.module.css";
import { BulkBadge } from "./BulkBadge.tsx";
import { type BulkSummary, progressOf } from "./bulk-state.ts";

const NEWEST = 10;
const MOVING_MS = 1900;
const STILL_MS = 30_000;

/** At the foot of every page while the server is at work for somebody; not on the page of that work. */
export function ActivityTray() {
  const may = useMay();
  const maySeeImports = may("users.imports.list");
  const { id: shownId } = useParams({ strict: false });
  const bulk = trpc.queue.bulk.list.useQuery({ limit: NEWEST, state: ["running", "undoing"] });
  const imports = trpc.users.imports.list.useQuery({ limit: NEWEST }, { enabled: maySeeImports });
  const acts = bulk.data?.items ?? [];
  const files = imports.data?.items.filter((item) => isImportMoving(item) && item.state !== "uploading") ?? [];
  const isMoving = acts.length + files.length > 0;
  const [act, file] = [acts.find(({ id }) => id !== shownId), files.find(({ id }) => id !== shownId)];
  const others = [...acts, ...files].filter(({ id }) => id !== shownId).length - 1;
  return (
    <>
      <LiveRefresh
        everyMs={isMoving ? MOVING_MS : STILL_MS}
        onDue={() => {
          void bulk.refetch({ cancelRefetch: false });
          if (maySeeImports) void imports.refetch({ cancelRefetch: false });
        }}
      />
      {act ? <BulkBar key={act.id} item={act} others={others} /> : null}
      {!act && file ? <ImportBar key={file.id} item={file} others={others} readAtMs={imports.dataUpdatedAt} /> : null}
    </>
  );
}

function BulkBar({ item, others }: { item: BulkSummary; others: number }) {
  const t = useT();
  const format = useFormat();
  const { done, total, share } = progressOf(item);
  const name = t(`activity.name.${item.act}`, { count: item.total });
  return (
    <Bar
      label={t("activity.tray")}
      icon={<ListChecks size={16} className="muted" aria-hidden />}
      link={
        <Link to="/activity/$id" params={{ id: item.id }} className={classes.name}>
          {name}
        </Link>
      }
      name={name}
      badge={<BulkBadge state={item.state} />}
      share={share}
      others={others}
      figures={[
        t("activity.progress", { done: format.number(done), total: format.number(total) }),
        ...(item.ratePerSecond === null ? [] : [t("activity.perSecond", { rate: format.rate(item.ratePerSecond) })]),
        ...(item.etaMs === null ? [] : [t("activity.left", { time: format.duration(item.etaMs) })]),
      ]}
      problems={item.failed > 0 ? t("activity.refused", { count: item.failed }) : undefined}
    />
  );
}

function ImportBar({ item, others, readAtMs }: { item: ImportSummary; others: number; readAtMs: number }) {
  const t = useT();
  const format = useFormat();
  const { done, total, share } = importProgressOf(item) ?? { done: 0, total: 0, share: 0 };
  const pace = usePace(item.state, done, readAtMs);
  const name = t("imports.tray.name", { name: item.fileName });
  return (
    <Bar
      label={t("imports.tray")}
      icon={<Upload size={16} className="muted" aria-hidden />}
      link={
        <Link to="/users/imports/$id" params={{ id: item.id }} className={classes.name}>
          {name}
        </Link>
      }
      name={name}
      badge={<ImportBadge item={item} />}
      share={share}
      others={others}
      figures={[
        t("imports.progress", { done: format.number(done), total: format.number(total) }),
        ...(pace === null ? [] : [t("imports.pace", { rate: format.rate(pace) })]),
        ...(pace === null || pace <= 0
          ? []
          : [t("imports.left", { time: format.duration(Math.ceil((total - done) / pace) * 1000) })]),
      ]}
      problems={item.problemRows > 0 ? t("imports.problems.count", { count: item.problemRows }) : undefined}
    />
  );
}

interface BarProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly link: ReactNode;
  readonly name: string;
  readonly badge: ReactNode;
  readonly share: number;
  readonly figures: readonly string[];
  readonly problems: string | undefined;
  readonly others: number;
}

function Bar({ label, icon, link, name, badge, share, figures, problems, others }: BarProps) {
  const t = useT();
  const format = useFormat();
  const percent = format.percent(share, 0);
  useTrayOnRoot();
  usePercentInTitle(percent);
  return (
    <aside className={classes.bar} aria-label={label}>
      {icon}
      {link}
      <span className={classes.state}>{badge}</span>
      <span className={classes.meter}>
        <Meter share={share} label={name} height={6} tone="accent" isProgress />
      </span>
      <span className="num strong">{percent}</span>
      <span className={`num muted ${classes.more}`}>{figures.join(" · ")}</span>
      {problems === undefined ? null : <span className={`num bad ${classes.more}`}>{problems}</span>}
      {others > 0 ? (
        <Link to="/activity" className={classes.others}>
          {t("activity.tray.others", { count: others })}
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

const PERCENT = /^\d+% · /;

/** Before the title of whatever page is open, so that another tab's owner sees how far it is. A page that is opened writes its own. */
function usePercentInTitle(percent: string): void {
  useEffect(() => {
    document.title = `${percent} · ${document.title.replace(PERCENT, "")}`;
  });
  useEffect(
    () => () => {
      document.title = document.title.replace(PERCENT, "");
    },
    [],
  );
}
