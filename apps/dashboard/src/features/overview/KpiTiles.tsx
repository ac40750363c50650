import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { LIVE_INTERVAL_MS, useLive } from "../../lib/live.tsx";
import { useTimeRange } from "../../lib/time-range.ts";
import { KpiTile, type KpiTileProps } from "../../ui/KpiTile.tsx";
import { signed, splitUnit } from "./figures.ts";
import classes from "./Overview.module.css";
import type { OverviewData } from "./use-overview-data.ts";
import { changesOf, perSecond, waitingAges } from "./windows.ts";

/** Worse by less than this is noise. */
const ERROR_SHARE_NOISE = 0.0005;
const LIMITED_NOISE = 0.05;

/** Six figures. Values come with the live samples, the lines and the comparison with the series. */
export function KpiTiles({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const isNarrow = useIsNarrow();
  const { range } = useTimeRange();
  const { summary, receivedAtMs, status, lostSinceMs } = useLive();
  const { windows } = data;
  const points = windows?.current ?? [];
  const changes = windows ? changesOf(windows) : { calls: null, errorShare: null, limitedPerSecond: null };
  const stepMs = windows?.stepMs ?? 10_000;
  const live = {
    sampledAtMs: receivedAtMs,
    intervalMs: LIVE_INTERVAL_MS,
    frozenAtMs: status === "lost" ? lostSinceMs : null,
    isLoading: summary === undefined && status !== "lost",
  };
  const perSecondText = (value: number): string => t("overview.perSecond", { rate: format.rate(value) });
  const inWindow = t(`range.${range}.short`);

  const { calls, errorShare, limitedPerSecond } = changes;
  const p95 = summary?.latencyMs.p95 ?? null;
  const latency = p95 === null ? { value: null } : splitUnit(format.duration(p95));
  const windowP95 = summary?.window.latencyMs.p95 ?? null;
  const queue = summary?.queue;
  const lastPoint = points.at(-1);
  const hitRate = lastPoint?.cacheHitRate ?? null;

  const tiles: readonly KpiTileProps[] = [
    {
      ...live,
      label: t("overview.kpi.requests"),
      value: summary ? format.rate(summary.ratePerSecond) : null,
      unit: t("overview.unit.perSecond"),
      note:
        calls === null
          ? t("overview.kpi.callsIn", { calls: summary?.window.calls ?? 0, window: inWindow })
          : signed(calls, (share) => format.percent(share)),
      points: points.map((point) => perSecond(totalOf(point), stepMs)),
    },
    {
      ...live,
      label: t("overview.kpi.errors"),
      value: summary?.errorRate == null ? null : format.number(summary.errorRate * 100, 2),
      unit: "%",
      note:
        errorShare === null
          ? t("overview.kpi.errorsIn", { count: summary?.window.errors ?? 0, window: inWindow })
          : t("overview.kpi.points", { change: signed(errorShare * 100, (points) => format.number(points, 2)) }),
      ...(errorShare !== null && errorShare > ERROR_SHARE_NOISE ? { noteTone: "bad" as const } : {}),
      points: points.map((point) => {
        const total = totalOf(point);
        return total === null || total === 0 ? total : (point.errors ?? 0) / total;
      }),
    },
    {
      ...live,
      label: t(isNarrow ? "overview.kpi.p95.short" : "overview.kpi.p95"),
      ...latency,
      note:
        windowP95 === null ? "" : t("overview.kpi.inWindow", { value: format.duration(windowP95), window: inWindow }),
      points: points.map((point) => point.p95),
    },
    {
      ...live,
      label: t(isNarrow ? "overview.kpi.oldest.short" : "overview.kpi.oldest"),
      value: queue ? format.clock(queue.oldestReadyAgeMs ?? 0) : null,
      note: queue
        ? t("overview.kpi.slots", { ready: queue.ready, used: queue.slots.used, total: queue.slots.total })
        : "",
      points: waitingAges(points),
    },
    {
      ...live,
      // The cache is counted per step of the series, so its figure is as old as that.
      sampledAtMs: data.series.data ? data.series.dataUpdatedAt : null,
      intervalMs: stepMs,
      isLoading: data.series.data === undefined && !data.series.error,
      label: t("overview.kpi.cache"),
      value: hitRate === null ? null : format.number(hitRate * 100, 1),
      unit: "%",
      note:
        summary?.cache.hitRate == null
          ? t("overview.kpi.noReads")
          : t("overview.kpi.sinceStart", { share: format.percent(summary.cache.hitRate) }),
      points: points.map((point) => point.cacheHitRate),
    },
    {
      ...live,
      label: t("overview.kpi.rejected"),
      value: summary ? format.rate(summary.limitedPerSecond) : null,
      unit: t("overview.unit.perSecond"),
      note:
        limitedPerSecond === null
          ? t("overview.kpi.rejectedIn", { calls: summary?.window.limited ?? 0, window: inWindow })
          : signed(limitedPerSecond, perSecondText),
      ...(limitedPerSecond !== null && limitedPerSecond > LIMITED_NOISE ? { noteTone: "warn" as const } : {}),
      points: points.map((point) => perSecond(point.limited, stepMs)),
    },
  ];
  return (
    <div className={classes.tiles}>
      {tiles.map((tile) => (
        <KpiTile key={tile.label} {...tile} />
      ))}
    </div>
  );
}

function totalOf(point: { ok: number | null; errors: number | null; limited: number | null }): number | null {
  return point.ok === null ? null : point.ok + (point.errors ?? 0) + (point.limited ?? 0);
}
