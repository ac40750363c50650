import { Link } from "@tanstack/react-router";
import { type Format, useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import type { Outputs } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import classes from "./Overview.module.css";
import type { OverviewData } from "./use-overview-data.ts";

type Limit = Outputs["limits"]["list"]["items"][number];
const ROWS = 5;
const REFRESH_MS = 2000;

export function PressurePanel({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const { limits } = data;
  const rejected = (limits.data?.items ?? []).reduce((sum, limit) => sum + limit.rejectedPerSecond, 0);
  return (
    <Panel
      title={t("overview.pressure")}
      scope={
        limits.data
          ? t("overview.pressure.scope", { rate: format.rate(rejected), time: format.time(limits.data.asOf) })
          : ""
      }
      flush
    >
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void limits.refetch()} />
      <AsyncView query={limits} errorTitle={t("overview.pressure.failed")} skeleton={<SkeletonLines lines={ROWS} />}>
        {({ items }) => (
          <ul className={classes.list} data-live>
            {byPressure(items)
              .slice(0, ROWS)
              .map((limit) => (
                <LimitRow key={limit.name} limit={limit} />
              ))}
          </ul>
        )}
      </AsyncView>
    </Panel>
  );
}

function LimitRow({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  const isPressed = limit.usage >= 1 || limit.rejectedPerSecond > 0;
  return (
    <li className={classes.limit}>
      <Link to="/limits" search={{ peek: limit.name }} className={classes.limitName} title={limit.name}>
        {nameOf(limit)}
      </Link>
      <span className={`muted truncate ${classes.limitWords}`}>{describeLimit(limit, t, format)}</span>
      <span className={classes.limitMeter}>
        <Meter
          share={limit.usage}
          label={t("overview.pressure.used", { name: limit.name })}
          tone={isPressed ? "bad" : "default"}
        />
      </span>
      <span className={`num ${isPressed ? "bad" : ""} ${classes.limitUsage}`}>{format.percent(limit.usage, 0)}</span>
      <span className={`num ${limit.rejectedPerSecond > 0 ? "bad" : "muted"} ${classes.limitRejected}`}>
        {limit.rejectedPerSecond > 0 ? t("overview.perSecond", { rate: format.rate(limit.rejectedPerSecond) }) : "0"}
      </span>
    </li>
  );
}

/** Without the kind at its end: the words beside it tell the kind. */
function nameOf({ name, kind }: Limit): string {
  return name.endsWith(`.${kind}`) ? name.slice(0, -kind.length - 1) : name;
}

function byPressure(limits: readonly Limit[]): Limit[] {
  return limits.toSorted(
    (a, b) => b.rejectedPerSecond - a.rejectedPerSecond || b.usage - a.usage || b.rejected - a.rejected,
  );
}

function describeLimit({ kind, limit, windowMs, scope }: Limit, t: Translate, format: Format): string {
  const per = t(`overview.limit.${scope}`);
  const most = format.number(limit);
  if (kind === "concurrency" || windowMs === null) return t("overview.limit.slots", { limit: most, per });
  if (windowMs === 1000) return t("overview.limit.perSecond", { limit: most, per });
  if (windowMs === 60_000) return t("overview.limit.perMinute", { limit: most, per });
  return t("overview.limit.perWindow", { limit: most, window: format.duration(windowMs), per });
}
