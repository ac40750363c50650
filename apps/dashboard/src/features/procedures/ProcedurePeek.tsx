import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useTimeRange } from "../../lib/time-range.ts";
import { trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import type { ChartData } from "../../ui/chart/series.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import classes from "./Procedures.module.css";
import type { ProcedureStat } from "./sort-procedures.ts";

const LazyChart = lazy(async () => ({ default: (await import("../../ui/chart/TimeChart.tsx")).TimeChart }));
const CHART_PX = 100;
/** Marker lane, axis and edges that a chart has around its plot. */
const CHART_AROUND_PX = 50;
const REFRESH_MS = 10_000;
const SLOW_SHOWN = 8;
const ROLES = ["viewer", "operator", "admin", "owner"] as const;

export interface ProcedurePeekProps {
  readonly procedure: ProcedureStat;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function ProcedurePeek({ procedure, onClose, onPrevious, onNext }: ProcedurePeekProps) {
  const t = useT();
  const { path, description } = procedure;
  return (
    <PeekPanel
      label={path}
      title={
        <>
          <code className="mono truncate">{path}</code>
          <CopyButton value={path} what={t("procedures.path")} />
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      <PeekSection>
        <p className={classes.description}>{description}</p>
      </PeekSection>
      <FigureSection procedure={procedure} />
      <LatencySection path={path} />
      <FactSection procedure={procedure} />
      <SlowSection path={path} />
    </PeekPanel>
  );
}

function FigureSection({ procedure }: { procedure: ProcedureStat }) {
  const t = useT();
  const format = useFormat();
  const { range } = useTimeRange();
  const duration = (value: number | null): string => (value === null ? "—" : format.duration(value));
  const figures = [
    [t("procedures.calls"), format.number(procedure.calls)],
    [t("procedures.serverErrors"), format.number(procedure.errors)],
    [t("procedures.callerErrors"), format.number(procedure.clientErrors)],
    [t("procedures.limited"), format.number(procedure.limited)],
    ["p50", duration(procedure.latencyMs.p50)],
    ["p95", duration(procedure.latencyMs.p95)],
    ["p99", duration(procedure.latencyMs.p99)],
    [t("procedures.max"), duration(procedure.maxMs)],
  ] as const;
  return (
    <PeekSection
      title={t("procedures.window", { window: t(`range.${range}.short`) })}
      end={t("procedures.inFlightNow", { count: procedure.inFlight })}
    >
      <dl className={classes.figures} data-live>
        {figures.map(([label, value]) => (
          <div key={label} className={classes.figure}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </PeekSection>
  );
}

function LatencySection({ path }: { path: string }) {
  const t = useT();
  const format = useFormat();
  const { rangeMs } = useTimeRange();
  const series = trpc.stats.series.useQuery({ rangeMs, path });
  const room = <div style={{ height: CHART_PX + CHART_AROUND_PX }} aria-hidden />;
  const chart = useMemo<ChartData | undefined>(() => {
    const points = series.data?.points;
    return (
      points && {
        times: points.map((point) => Date.parse(point.at)),
        series: (["p50", "p95", "p99"] as const).map((id) => ({
          id,
          label: id,
          color: id,
          isDashed: id === "p99",
          values: points.map((point) => point[id]),
        })),
      }
    );
  }, [series.data]);
  return (
    <PeekSection title={t("overview.latency")} end="p50 · p95 · p99">
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void series.refetch()} />
      <AsyncView query={series} skeleton={room} errorTitle={t("overview.series.failed")}>
        {() =>
          chart ? (
            <div className={classes.chart}>
              <Suspense fallback={room}>
                <LazyChart
                  title={t("overview.latency")}
                  data={chart}
                  scale="log"
                  formatValue={format.duration}
                  withLegend={false}
                  laneHeights={[CHART_PX]}
                />
              </Suspense>
            </div>
          ) : null
        }
      </AsyncView>
    </PeekSection>
  );
}

function FactSection({ procedure }: { procedure: ProcedureStat }) {
  const t = useT();
  const format = useFormat();
  const { access, lastError, limit, type } = procedure;
  const roles = access === "public" ? [] : ROLES.slice(ROLES.findIndex((role) => role === access));
  return (
    <PeekSection>
      <Facts
        facts={[
          { label: t("procedures.type"), value: t(`procedures.type.${type}`) },
          {
            label: t("procedures.access"),
            value: access === "public" ? t("procedures.public") : format.list(roles.map((role) => t(`role.${role}`))),
          },
          {
            label: t("procedures.limitClass"),
            value: (
              <Link to="/limits" search={{ peek: `${limit}.rate` }}>
                {limit}
              </Link>
            ),
          },
          {
            label: t("procedures.lastError"),
            value: lastError ? (
              <>
                <Tag mono>{lastError.code}</Tag> <Time at={lastError.at} />
              </>
            ) : (
              t("ui.none")
            ),
          },
        ]}
      />
    </PeekSection>
  );
}

function SlowSection({ path }: { path: string }) {
  const t = useT();
  const format = useFormat();
  const slow = trpc.stats.slow.useQuery({ path, limit: SLOW_SHOWN });
  return (
    <PeekSection
      title={t("procedures.slow")}
      end={slow.data?.nextCursor ? t("procedures.slowNewest", { count: SLOW_SHOWN }) : null}
    >
      <AsyncView
        query={slow}
        skeleton={<SkeletonLines lines={3} height={28} />}
        errorTitle={t("procedures.slowFailed")}
      >
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted meta">{t("procedures.slowNone")}</p>
          ) : (
            <ul className={classes.slow}>
              {items.map((call) => (
                <li key={call.id} className={classes.slowCall}>
                  <Time at={call.at} as="time" />
                  <span className="num medium">{format.duration(call.durationMs)}</span>
                  <span className="muted truncate">
                    {call.code === "OK" ? null : `${call.code} · `}
                    {call.queuedMs >= 1
                      ? t("procedures.queued", { time: format.duration(call.queuedMs) })
                      : t("procedures.threshold", { time: format.duration(call.thresholdMs) })}
                  </span>
                  <CopyButton value={call.requestId} what={t("ui.requestId")} />
                </li>
              ))}
            </ul>
          )
        }
      </AsyncView>
    </PeekSection>
  );
}
