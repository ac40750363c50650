import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Tag } from "../../ui/Tag.tsx";
import type { Column } from "../../ui/table/column.ts";
import { Time } from "../../ui/Time.tsx";
import classes from "./Procedures.module.css";
import type { ProcedureStat } from "./sort-procedures.ts";

/** Left out where there is room for few columns: the panel beside the list has them. */
const ROOMY = new Set(["type", "inFlight", "limit", "lastError"]);

/** `isTight`: beside an open panel, or in a narrow window. */
export function useProcedureColumns(isTight: boolean): readonly Column<ProcedureStat>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(() => {
    const latency = (id: "p50" | "p95" | "p99"): Column<ProcedureStat> => ({
      id,
      header: id,
      width: 80,
      align: "end",
      isSortable: true,
      cell: ({ latencyMs }) => (latencyMs[id] === null ? <Nothing /> : format.duration(latencyMs[id])),
    });
    const all: readonly Column<ProcedureStat>[] = [
      {
        id: "path",
        header: t("procedures.path"),
        look: "mono",
        isSortable: true,
        cell: (row) => <span title={row.description}>{row.path}</span>,
      },
      {
        id: "type",
        header: t("procedures.type"),
        width: 92,
        cell: (row) => <span className={classes.type}>{t(`procedures.type.${row.type}`)}</span>,
      },
      {
        id: "calls",
        header: t("procedures.calls"),
        width: 72,
        align: "end",
        isSortable: true,
        cell: (row) => (row.calls === 0 ? <span className="muted">0</span> : format.number(row.calls)),
      },
      {
        id: "errors",
        header: t("procedures.errorShare"),
        width: 72,
        align: "end",
        isSortable: true,
        cell: (row) =>
          row.errorRate === null ? (
            <Nothing />
          ) : (
            <span className={row.errors > 0 ? "bad" : "muted"}>{format.percent(row.errorRate, 2)}</span>
          ),
      },
      {
        id: "limited",
        header: t("procedures.limited"),
        width: 72,
        align: "end",
        isSortable: true,
        cell: (row) => <span className={row.limited > 0 ? "warn" : "muted"}>{format.number(row.limited)}</span>,
      },
      latency("p50"),
      latency("p95"),
      latency("p99"),
      {
        id: "inFlight",
        header: t("procedures.inFlight"),
        width: 72,
        align: "end",
        isSortable: true,
        cell: (row) => <span className={row.inFlight > 0 ? "" : "muted"}>{format.number(row.inFlight)}</span>,
      },
      { id: "limit", header: t("procedures.limitClass"), width: 72, cell: (row) => <Tag>{row.limit}</Tag> },
      {
        id: "lastError",
        header: t("procedures.lastError"),
        width: 172,
        look: "muted",
        cell: (row) =>
          row.lastError ? (
            <span className="meta" title={row.lastError.code}>
              {row.lastError.code} · <Time at={row.lastError.at} />
            </span>
          ) : null,
      },
      {
        id: "trend",
        header: t("procedures.trend"),
        width: 108,
        align: "end",
        cell: (row) => (
          <div className={classes.trend}>
            <Sparkline points={row.trend} height={20} tone={row.calls === 0 ? "muted" : "default"} />
          </div>
        ),
      },
    ];
    return isTight ? all.filter(({ id }) => !ROOMY.has(id)) : all;
  }, [t, format, isTight]);
}

/** No call, so no figure: a dash and not a zero. */
function Nothing() {
  return <span className="muted">—</span>;
}
