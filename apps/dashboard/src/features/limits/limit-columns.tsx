import { type Format, useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import "../../lib/i18n/en/limit-callers.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Tag } from "../../ui/Tag.tsx";
import type { Column, NarrowRow } from "../../ui/table/column.ts";
import { ChangedTag } from "./change/ChangedTag.tsx";
import { type Limit, policyOf, toneOf } from "./limit.ts";
import classes from "./limit-columns.module.css";
import { useLimitLine } from "./LimitWords.tsx";

interface LimitRowView {
  readonly columns: readonly Column<Limit>[];
  narrow(limit: Limit): NarrowRow;
}

interface LimitRowOptions {
  readonly trends: ReadonlyMap<string, readonly number[]>;
  readonly isWide: boolean;
  /** A tag stands beside some name. */
  readonly hasTags: boolean;
}

export function useLimitColumns(options: LimitRowOptions): LimitRowView {
  const t = useT();
  const format = useFormat();
  const lineOf = useLimitLine();
  return {
    columns: columnsOf(t, format, lineOf, options),
    narrow: (limit) => ({
      title: <LimitName limit={limit} />,
      meta: lineOf(limit),
      end: <Use limit={limit} />,
    }),
  };
}

function columnsOf(
  t: Translate,
  format: Format,
  lineOf: (limit: Limit) => string,
  { trends, isWide, hasTags }: LimitRowOptions,
): Column<Limit>[] {
  return [
    {
      id: "name",
      header: t("limits.column.name"),
      width: (isWide ? 200 : 172) + (hasTags ? 40 : 0),
      isSortable: true,
      cell: (limit) => <LimitName limit={limit} />,
    },
    { id: "line", header: t("limits.column.line"), look: "muted", cell: lineOf },
    { id: "use", header: t("limits.column.use"), width: 148, isSortable: true, cell: (limit) => <Use limit={limit} /> },
    ...(isWide
      ? [
          {
            id: "allowed",
            header: t("limits.column.allowed"),
            width: 92,
            align: "end",
            isSortable: true,
            cell: (limit: Limit) => format.number(limit.allowed),
          } as const,
        ]
      : []),
    {
      id: "rejected",
      header: t("limits.column.rejected"),
      width: 84,
      align: "end",
      isSortable: true,
      cell: (limit) => format.number(limit.rejected),
    },
    {
      id: "rate",
      header: t("limits.column.rate"),
      width: 92,
      align: "end",
      isSortable: true,
      cell: (limit) => (
        <span className={limit.rejectedPerSecond > 0 ? "bad medium" : undefined}>
          {limit.rejectedPerSecond > 0 ? t("limits.perSecond", { rate: format.rate(limit.rejectedPerSecond) }) : "0"}
        </span>
      ),
    },
    ...(isWide
      ? [
          {
            id: "trend",
            header: t("limits.column.trend"),
            width: 128,
            cell: (limit: Limit) => <Trend points={trends.get(limit.name) ?? []} />,
          },
        ]
      : []),
  ];
}

function LimitName({ limit }: { limit: Limit }) {
  const t = useT();
  return (
    <span className={classes.name}>
      <span className={classes.policy}>{policyOf(limit)}</span>
      <span className="muted">{t(`limits.kind.${limit.kind}`)}</span>
      <ChangedTag limit={limit} />
      {limit.overrideCount > 0 ? <Tag>{t("limitCallers.tag", { count: limit.overrideCount })}</Tag> : null}
    </span>
  );
}

/** A line of zeros would say nothing twelve times over. */
function Trend({ points }: { points: readonly number[] }) {
  return points.some((point) => point > 0) ? <Sparkline points={points} height={20} tone="bad" /> : null;
}

function Use({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  const tone = toneOf(limit);
  return (
    <span className={classes.use}>
      <Meter share={limit.usage} label={t("limits.useOf", { name: limit.name })} tone={tone} />
      <span className={classes.share} data-tone={tone}>
        {format.percent(limit.usage, 0)}
      </span>
    </span>
  );
}
