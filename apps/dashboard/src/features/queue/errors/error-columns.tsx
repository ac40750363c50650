import { useMemo } from "react";
import { type Format, useFormat } from "../../../lib/format.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { Sparkline } from "../../../ui/Sparkline.tsx";
import type { Column, NarrowRow } from "../../../ui/table/column.ts";
import { Time } from "../../../ui/Time.tsx";
import { type ErrorGroup, isResolved } from "./error-group.ts";
import classes from "./Errors.module.css";

/** Left out beside an open panel, which has them. */
const ROOMY = new Set(["place", "attempts", "firstSeen", "trend"]);

export function useErrorColumns(isTight: boolean): readonly Column<ErrorGroup>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(() => {
    const all = columnsOf(t, format);
    return isTight ? all.filter(({ id }) => !ROOMY.has(id)) : all;
  }, [t, format, isTight]);
}

function columnsOf(t: Translate, format: Format): readonly Column<ErrorGroup>[] {
  return [
    { id: "error", header: t("queueErrors.column.error"), cell: (group) => <ErrorWords group={group} /> },
    { id: "name", header: t("queueErrors.column.name"), width: 148, look: "mono", cell: ({ name }) => name },
    {
      id: "place",
      header: t("queueErrors.column.place"),
      width: 176,
      look: "mono",
      cell: ({ place }) => <Place place={place} />,
    },
    {
      id: "jobs",
      header: t("queueErrors.column.failed"),
      width: 84,
      align: "end",
      isSortable: true,
      cell: (group) => <Count value={group.discarded} isCapped={group.isCapped} tone="bad" />,
    },
    {
      id: "retrying",
      header: t("queueErrors.column.retrying"),
      width: 80,
      align: "end",
      cell: (group) => <Count value={group.retryable} isCapped={group.isCapped} tone="warn" />,
    },
    {
      id: "attempts",
      header: t("queueErrors.column.attempts"),
      width: 84,
      align: "end",
      cell: ({ attempts }) => format.number(attempts),
    },
    {
      id: "firstSeen",
      header: t("queueErrors.column.firstSeen"),
      width: 104,
      align: "end",
      look: "muted",
      cell: ({ firstSeenAt }) => <Time at={firstSeenAt} />,
    },
    {
      id: "lastSeen",
      header: t("queueErrors.column.lastSeen"),
      width: 104,
      align: "end",
      isSortable: true,
      cell: ({ lastSeenAt }) => <Time at={lastSeenAt} />,
    },
    {
      id: "trend",
      header: t("queueErrors.column.trend"),
      width: 108,
      align: "end",
      cell: (group) => (
        <div className={classes.trend}>
          <Sparkline points={group.trend} height={20} tone={isResolved(group) ? "muted" : "default"} />
        </div>
      ),
    },
  ];
}

/** The row on a phone. */
export function useNarrowError(): (group: ErrorGroup) => NarrowRow {
  const t = useT();
  return (group) => ({
    title: <ErrorWords group={group} />,
    meta: (
      <>
        <code className="mono">{group.name}</code> · <Time at={group.lastSeenAt} />
      </>
    ),
    end: isResolved(group) ? (
      <span className="muted">{t("queueErrors.resolved")}</span>
    ) : (
      <Count value={group.discarded + group.retryable} isCapped={group.isCapped} tone="bad" />
    ),
  });
}

function ErrorWords({ group }: { group: ErrorGroup }) {
  return (
    <span title={`${group.errorName}: ${group.message}`}>
      <span className="medium">{group.errorName}</span> <span className="fg-2">{group.message}</span>
    </span>
  );
}

/** The end of the path: its head is the same for all. */
function Place({ place }: { place: string | null }) {
  if (place === null) return <span className="muted">—</span>;
  return (
    <span className="muted" title={place}>
      {shortPlace(place)}
    </span>
  );
}

function shortPlace(place: string): string {
  return place.replace(/^.*?((?:[^/\s()]+\/)?[^/\s()]+:\d+(?::\d+)?)\)?$/, "$1");
}

/** A count stops at 10,000 when the group is capped. */
function Count(props: { value: number; isCapped: boolean; tone: "bad" | "warn" }) {
  const format = useFormat();
  const { value, isCapped, tone } = props;
  if (value === 0) return <span className="muted">0</span>;
  return (
    <span className={`num medium ${tone}`}>
      {isCapped && value >= 10_000 ? "≥ " : ""}
      {format.number(value)}
    </span>
  );
}
