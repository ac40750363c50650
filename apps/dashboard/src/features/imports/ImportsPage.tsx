import { useMediaQuery } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/imports.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Time } from "../../ui/Time.tsx";
import { type ImportSummary, isMoving } from "./import.ts";
import { ImportBadge } from "./ImportBadge.tsx";
import { importsSearch } from "./imports.search.ts";
import { NoImports } from "./NoImports.tsx";
import { NewImport } from "./NewImport.tsx";

const PAGE_ROWS = 50;
const MOVING_MS = 2000;
const STILL_MS = 15_000;

/** Where an import begins, and all that there were. */
export function ImportsPage() {
  const t = useT();
  const may = useMay();
  if (!may("users.imports.list")) return <NoImports right="users.imports.list" />;
  return (
    <Page
      title={t("imports.title")}
      crumbs={[{ label: t("nav.users"), to: "/users" }, { label: t("imports.title") }]}
      fill
    >
      <Imports />
    </Page>
  );
}

function Imports() {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const { search, change } = usePageSearch(importsSearch);
  const query = trpc.users.imports.list.useInfiniteQuery(
    { limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const isTight = useMediaQuery("(max-width: 1099px)");
  const columns = useImportColumns(isTight);
  const open = (id: string): void => void navigate({ to: "/users/imports/$id", params: { id } });
  return (
    <>
      <LiveRefresh
        everyMs={rows?.some(isMoving) ? MOVING_MS : STILL_MS}
        onDue={() => void query.refetch({ cancelRefetch: false })}
      />
      {search._invalid ? (
        <FilterBar
          chips={[]}
          onRemove={() => undefined}
          invalid={search._invalid}
          onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
        />
      ) : null}
      <NewImport onStored={open} />
      <DataTable
        fill
        label={t("imports.title")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.fileName}
        {...toPaging(query)}
        empty={<EmptyState kind="never" title={t("imports.none")} body={t("imports.noneBody")} />}
        onOpen={(row) => open(row.id)}
        narrow={(row) => ({
          title: row.fileName,
          meta: (
            <>
              {t("imports.rowsOf", { count: row.totalRows })} · <Time at={row.createdAt} />
            </>
          ),
          end: <ImportBadge item={row} />,
        })}
        footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
      />
    </>
  );
}

function useImportColumns(isTight: boolean): readonly Column<ImportSummary>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(() => {
    const count = (value: number, tone?: "bad") => (
      <span className={value === 0 ? "muted" : tone}>{format.number(value)}</span>
    );
    const all: readonly Column<ImportSummary>[] = [
      { id: "file", header: t("imports.file"), cell: ({ fileName }) => <span className="medium">{fileName}</span> },
      { id: "state", header: t("users.status"), width: 150, cell: (item) => <ImportBadge item={item} /> },
      { id: "rows", header: t("imports.column.rows"), width: 100, align: "end", cell: (row) => count(row.totalRows) },
      {
        id: "imported",
        header: t("imports.column.imported"),
        width: 100,
        align: "end",
        cell: (row) => count(row.importedRows - row.undoneRows),
      },
      {
        id: "problems",
        header: t("imports.column.problems"),
        width: 100,
        align: "end",
        cell: (row) => count(row.problemRows, "bad"),
      },
      { id: "by", header: t("imports.by"), cell: (row) => <span className="fg-2">{row.createdByEmail}</span> },
      {
        id: "created",
        header: t("imports.when"),
        width: 130,
        align: "end",
        cell: (row) => <Time at={row.createdAt} />,
      },
    ];
    return isTight ? all.filter(({ id }) => id !== "by") : all;
  }, [t, format, isTight]);
}
