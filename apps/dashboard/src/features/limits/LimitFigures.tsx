import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Outputs } from "../../lib/trpc.ts";
import { FigureStrip } from "../../ui/FigureStrip.tsx";
import type { QueryView } from "../../ui/AsyncView.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { type Limit, policyOf } from "./limit.ts";
import classes from "./LimitFigures.module.css";

type LimitList = Outputs["limits"]["list"];

/** All limits together. An error is told by the table below. */
export function LimitFigures({ query }: { query: QueryView<LimitList> }) {
  if (query.data) return <Figures list={query.data} />;
  return query.error ? null : (
    <div className={classes.skeleton}>
      <SkeletonLines lines={1} height={60} />
    </div>
  );
}

function Figures({ list }: { list: LimitList }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const { items, asOf } = list;
  const age = format.relative(asOf, Math.max(now, Date.parse(asOf)));
  const sum = (pick: (limit: Limit) => number | null): number =>
    items.reduce((total, limit) => total + (pick(limit) ?? 0), 0);
  const rejectedPerSecond = sum((limit) => limit.rejectedPerSecond);
  const busiest = [...items].sort((a, b) => b.usage - a.usage)[0];
  return (
    <FigureStrip
      label={t("limits.figures")}
      figures={[
        {
          label: t("limits.figure.rejected"),
          value: format.rate(rejectedPerSecond),
          unit: t("limits.figure.perSecond"),
          tone: rejectedPerSecond > 0 ? "bad" : undefined,
          age,
        },
        {
          label: t("limits.figure.busiest"),
          value: busiest ? format.percent(busiest.usage, 0) : "—",
          unit: busiest && busiest.usage >= 0.005 ? policyOf(busiest) : undefined,
          tone: busiest && busiest.usage >= 1 ? "bad" : undefined,
          age,
        },
        {
          label: t("limits.figure.running"),
          value: format.number(sum(({ inFlight }) => inFlight)),
          unit: t("limits.figure.ofSlots", { count: sum(({ kind, limit }) => (kind === "concurrency" ? limit : 0)) }),
          age,
        },
        { label: t("limits.figure.waiting"), value: format.number(sum(({ waiting }) => waiting)), age },
      ]}
    />
  );
}
