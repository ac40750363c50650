import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Outputs } from "../../lib/trpc.ts";
import type { QueryView } from "../../ui/AsyncView.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { FigureStrip } from "../../ui/FigureStrip.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import classes from "./CacheFigures.module.css";

type Stats = Outputs["cache"]["stats"];

export function CacheFigures({ query, now }: { query: QueryView<Stats>; now: number }) {
  const t = useT();
  return (
    <div className={classes.figures}>
      {query.data ? (
        <Figures stats={query.data} now={now} />
      ) : query.error ? (
        <Panel label={t("cache.figures")} flush>
          <ErrorState error={query.error} title={t("cache.figures.error")} onRetry={() => void query.refetch()} />
        </Panel>
      ) : (
        <div className={classes.skeleton}>
          <SkeletonLines lines={1} height={60} />
        </div>
      )}
    </div>
  );
}

function Figures({ stats, now }: { stats: Stats; now: number }) {
  const t = useT();
  const format = useFormat();
  const age = format.relative(stats.asOf, Math.max(now, Date.parse(stats.asOf)));
  return (
    <FigureStrip
      label={t("cache.figures")}
      figures={[
        {
          label: t("cache.figure.rate"),
          value: stats.hitRate === null ? "—" : format.number(stats.hitRate * 100, 1),
          unit: stats.hitRate === null ? undefined : "%",
          age,
        },
        { label: t("cache.figure.reads"), value: format.number(stats.hits + stats.misses), age },
        { label: t("cache.figure.keys"), value: format.number(stats.entries), age },
        {
          label: t("cache.figure.memory"),
          value: format.bytes(stats.sizeBytes),
          unit: t("cache.figure.ofMax", { max: format.bytes(stats.maxBytes) }),
          age,
        },
        {
          label: t("cache.figure.coalesced"),
          value: format.number(stats.coalesced),
          unit: t("cache.figure.coalescedUnit"),
          age,
        },
        // Only a cache that is too small evicts; until then the figure would be a zero to read past.
        ...(stats.evictions > 0
          ? [{ label: t("cache.figure.evicted"), value: format.number(stats.evictions), tone: "warn" as const, age }]
          : []),
      ]}
    />
  );
}
