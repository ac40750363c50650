import { ChevronDown, ChevronRight } from "lucide-react";
import { type Format, useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import type { Column, NarrowRow } from "../../ui/table/column.ts";
import { type CacheRow, hitRateOf } from "./cache-rows.ts";
import classes from "./CachePage.module.css";
import { leftMs, type Namespace } from "./entry.ts";

/** Below it a hit rate is worth a look. */
const RATE_LOW = 0.75;

export interface CacheRowView {
  readonly columns: readonly Column<CacheRow>[];
  narrow(row: CacheRow): NarrowRow;
}

export function useCacheColumns(now: number): CacheRowView {
  const t = useT();
  const format = useFormat();
  return { columns: columnsOf(t, format, now), narrow: (row) => narrowOf(t, format, now, row) };
}

function columnsOf(t: Translate, format: Format, now: number): Column<CacheRow>[] {
  const figure = (row: CacheRow, ofNamespace: (namespace: Namespace) => string): string =>
    row.kind === "namespace" ? ofNamespace(row.namespace) : "";
  return [
    {
      id: "name",
      header: t("cache.column.name"),
      look: "mono",
      isSortable: true,
      cell: (row) => <RowName row={row} />,
    },
    {
      id: "keys",
      header: t("cache.column.keys"),
      width: 72,
      align: "end",
      isSortable: true,
      cell: (row) => figure(row, ({ keys }) => format.number(keys)),
    },
    {
      id: "size",
      header: t("cache.column.size"),
      width: 80,
      align: "end",
      isSortable: true,
      cell: (row) => sizeOf(row, format),
    },
    {
      id: "reads",
      header: t("cache.column.reads"),
      width: 72,
      align: "end",
      isSortable: true,
      cell: (row) =>
        row.kind === "key"
          ? format.number(row.entry.hits)
          : figure(row, ({ hits, misses }) => format.number(hits + misses)),
    },
    {
      id: "rate",
      header: t("cache.column.rate"),
      width: 80,
      align: "end",
      isSortable: true,
      cell: (row) => (row.kind === "namespace" ? <HitRate namespace={row.namespace} /> : ""),
    },
    {
      id: "expires",
      header: t("cache.column.expires"),
      width: 96,
      align: "end",
      cell: (row) => expiresOf(row, t, format, now),
    },
  ];
}

function narrowOf(t: Translate, format: Format, now: number, row: CacheRow): NarrowRow {
  const title = (
    <span className="mono">
      <RowName row={row} />
    </span>
  );
  switch (row.kind) {
    case "namespace":
      return {
        title,
        meta: t("cache.narrow.namespace", { count: row.namespace.keys, size: format.bytes(row.namespace.sizeBytes) }),
        end: <HitRate namespace={row.namespace} />,
      };
    case "key":
      return {
        title,
        meta: t("cache.narrow.key", { count: row.entry.hits, size: format.bytes(row.entry.sizeBytes) }),
        end: <span className="num">{expiresOf(row, t, format, now)}</span>,
      };
    case "more":
    case "reading":
      return { title };
  }
}

function RowName({ row }: { row: CacheRow }) {
  const t = useT();
  switch (row.kind) {
    case "namespace": {
      const Chevron = row.isOpen ? ChevronDown : ChevronRight;
      return row.namespace.name === "" ? (
        <span className={classes.name}>
          <span className={classes.gap} />
          <span className="muted">{t("cache.noNamespace")}</span>
        </span>
      ) : (
        <span className={classes.name}>
          <Chevron size={14} className="muted" aria-hidden />
          <span className={classes.text}>{row.namespace.name}:</span>
        </span>
      );
    }
    case "key":
      return (
        <span className={classes.name} data-child={row.isChild || undefined} title={row.entry.key}>
          <span className={classes.text}>
            {row.isChild ? row.entry.key.slice(row.entry.key.indexOf(":") + 1) : row.entry.key}
          </span>
        </span>
      );
    case "more":
      return (
        <span className={classes.name} data-child>
          <span className={classes.more}>{t("cache.more", { count: row.count })}</span>
        </span>
      );
    case "reading":
      return (
        <span className={classes.name} data-child>
          <span className="muted">{t("ui.loading")}</span>
        </span>
      );
  }
}

function HitRate({ namespace }: { namespace: Namespace }) {
  const format = useFormat();
  const rate = hitRateOf(namespace);
  if (rate === null) return "—";
  return <span className={rate < RATE_LOW ? "num warn" : "num"}>{format.percent(rate)}</span>;
}

function sizeOf(row: CacheRow, format: Format): string {
  if (row.kind === "namespace") return format.bytes(row.namespace.sizeBytes);
  return row.kind === "key" ? format.bytes(row.entry.sizeBytes) : "";
}

function expiresOf(row: CacheRow, t: Translate, format: Format, now: number): string {
  if (row.kind !== "key") return "";
  const left = leftMs(row.entry, now);
  if (left === null) return t("cache.never");
  return left <= 0 ? t("time.expired") : format.clock(left + 999);
}
