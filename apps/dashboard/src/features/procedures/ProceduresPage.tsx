import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useTimeRange } from "../../lib/time-range.ts";
import { trpc } from "../../lib/trpc.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { FilterBar, type FilterChip } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import classes from "./Procedures.module.css";
import { limitClasses, procedureSorts, proceduresSearch, procedureTypes } from "./procedures.search.ts";
import { useProcedureColumns } from "./procedure-columns.tsx";
import { ProcedurePeek } from "./ProcedurePeek.tsx";
import { type ProcedureStat, sortProcedures } from "./sort-procedures.ts";

const REFRESH_MS = 5000;

export function ProceduresPage() {
  const t = useT();
  const format = useFormat();
  const { rangeMs, range } = useTimeRange();
  const { search, change } = usePageSearch(proceduresSearch);
  const { q, type, limit, sort = "calls", dir = sort === "path" ? "asc" : "desc", peek } = search;
  // Figures as they were when the pointer or the keyboard came in: rows are ordered by them while somebody is there.
  const [held, setHeld] = useState<readonly ProcedureStat[]>();
  const query = trpc.stats.procedures.useQuery({ rangeMs }, { placeholderData: keepPreviousData });
  const isTight = useMediaQuery("(max-width: 1279px)") || peek !== undefined;
  const columns = useProcedureColumns(isTight);

  const matching = useMemo(() => {
    const wanted = q?.toLowerCase() ?? "";
    return query.data?.items.filter(
      (row) =>
        (type === undefined || row.type === type) &&
        (limit === undefined || row.limit === limit) &&
        (row.path.toLowerCase().includes(wanted) || row.description.toLowerCase().includes(wanted)),
    );
  }, [query.data, q, type, limit]);
  const rows = useMemo(() => {
    const byPath = new Map(matching?.map((row) => [row.path, row]));
    return matching && sortProcedures(held ?? matching, sort, dir).flatMap(({ path }) => byPath.get(path) ?? []);
  }, [matching, held, sort, dir]);
  const peekIndex = rows?.findIndex((row) => row.path === peek) ?? -1;
  const peeked = peek === undefined ? undefined : query.data?.items.find((row) => row.path === peek);
  const openAt = (index: number): (() => void) | undefined => {
    const row = rows?.[index];
    return row && (() => change({ peek: row.path }, "replace"));
  };

  const chips: FilterChip[] = [];
  if (type) chips.push({ id: "type", name: t("procedures.type"), value: t(`procedures.type.${type}`) });
  if (limit) chips.push({ id: "limit", name: t("procedures.limitClass"), value: limit });

  const choices = [
    {
      id: "type",
      name: t("procedures.type"),
      options: procedureTypes.map((value) => ({ value, label: t(`procedures.type.${value}`) })),
    },
    { id: "limit", name: t("procedures.limitClass"), options: limitClasses.map((value) => ({ value, label: value })) },
  ].filter(({ id }) => !chips.some((chip) => chip.id === id));

  return (
    <Page
      title={t("nav.procedures")}
      fill
      aside={
        query.data ? (
          <span className="meta num">
            {t("procedures.count", { count: query.data.items.length, window: t(`range.${range}.short`) })}
          </span>
        ) : null
      }
      peek={
        peeked ? (
          <ProcedurePeek
            procedure={peeked}
            onClose={() => change({ peek: undefined })}
            onPrevious={openAt(peekIndex - 1)}
            onNext={peekIndex < 0 ? undefined : openAt(peekIndex + 1)}
          />
        ) : null
      }
    >
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void query.refetch()} />
      <FilterBar
        search={
          <>
            <SearchField
              label={t("procedures.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            <AddFilterChips choices={choices} onAdd={(id, value) => change({ [id]: value })} />
          </>
        }
        chips={chips}
        onRemove={(id) => change({ [id]: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      {/* Rows keep their order under the pointer and the keyboard; figures go on moving. */}
      <div
        className={classes.hold}
        data-fill
        onPointerEnter={() => setHeld(query.data?.items)}
        onPointerLeave={() => setHeld(undefined)}
        onFocus={() => setHeld(query.data?.items)}
        onBlur={() => setHeld(undefined)}
      >
        <DataTable
          fill
          label={t("nav.procedures")}
          columns={columns}
          rows={rows}
          rowId={(row) => row.path}
          rowName={(row) => row.path}
          error={query.error}
          onRetry={() => void query.refetch()}
          isRefreshing={query.isPlaceholderData}
          empty={
            <EmptyState
              kind="none-match"
              title={t("procedures.none")}
              body={t("procedures.noneBody")}
              actions={
                <Button onClick={() => change({ q: undefined, type: undefined, limit: undefined })}>
                  {t("filter.clearAll")}
                </Button>
              }
            />
          }
          sort={{ columnId: sort, direction: dir }}
          onSort={({ columnId, direction }) => {
            const next = procedureSorts.find((name) => name === columnId);
            if (next) change({ sort: next, dir: direction });
          }}
          openId={peek}
          onPeek={(row) =>
            change({ peek: row.path === peek ? undefined : row.path }, peek === undefined ? "push" : "replace")
          }
          onOpen={(row) => change({ peek: row.path }, peek === undefined ? "push" : "replace")}
          narrow={(row) => ({
            title: <code className="mono">{row.path}</code>,
            meta: t("procedures.narrow", {
              calls: format.number(row.calls),
              p95: row.latencyMs.p95 === null ? "—" : format.duration(row.latencyMs.p95),
            }),
            end: (
              <span className={row.errors > 0 ? "bad num" : "num"}>
                {row.errorRate === null ? "—" : format.percent(row.errorRate, 2)}
              </span>
            ),
          })}
          footNote={
            query.data ? <span className="num">{t("table.asOf", { time: format.time(query.data.asOf) })}</span> : null
          }
        />
      </div>
    </Page>
  );
}
