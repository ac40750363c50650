import { Button } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { ArrowUp, ScrollText } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useMay, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Tag } from "../../ui/Tag.tsx";
import { useAuditColumns } from "./audit-columns.tsx";
import { type AuditFilter, toFilter } from "./audit-filter.ts";
import classes from "./Audit.module.css";
import { auditSearch, type AuditSearch } from "./audit.search.ts";
import { AuditMenu } from "./AuditMenu.tsx";
import { AuditPeek } from "./AuditPeek.tsx";
import type { AuditEvent } from "./changes.ts";
import { ExportMenu } from "./ExportMenu.tsx";
import { Integrity } from "./Integrity.tsx";
import { PeriodDialog } from "./PeriodDialog.tsx";
import { useAuditFilters } from "./use-audit-filters.ts";
import { useUndo } from "./use-undo.tsx";

const PAGE_ROWS = 100;
const NEW_READ = 100;
const NEW_EVERY_MS = 5000;

export function AuditPage() {
  const t = useT();
  const may = useMay();
  const me = useMe();
  if (may("audit.list")) return <AuditList />;
  return (
    <Page title={t("nav.audit")}>
      <Panel label={t("nav.audit")}>
        <EmptyState
          kind="no-right"
          title={t("audit.noRight")}
          body={t.rich("empty.noRightBody", {
            right: <code className="mono">audit.list</code>,
            role: t(`role.${me.user.role}`),
          })}
        />
      </Panel>
    </Page>
  );
}

function AuditList() {
  const t = useT();
  const format = useFormat();
  const { search, change } = usePageSearch(auditSearch);
  const { peek, q } = search;
  const input = toFilter(search);
  const [isPeriodAsked, setPeriodAsked] = useState(false);
  const query = trpc.audit.list.useInfiniteQuery(
    { ...input, limit: PAGE_ROWS },
    {
      getNextPageParam: (page) => page.nextCursor,
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY,
    },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const listed = rows?.find((row) => row.id === peek);
  const fetched = trpc.audit.get.useQuery(
    { id: peek ?? "" },
    { enabled: peek !== undefined && rows !== undefined && listed === undefined },
  );
  const peeked = peek === undefined ? undefined : (listed ?? fetched.data);
  const at = rows?.findIndex((row) => row.id === peek) ?? -1;
  const openAt = (index: number): (() => void) | undefined => {
    const row = rows?.[index];
    return row && (() => change({ peek: row.id }, "replace"));
  };
  const columns = useAuditColumns(peek !== undefined);
  const filters = useAuditFilters(search, change, rows, () => setPeriodAsked(true));
  const onFilter = (part: AuditSearch): void => change({ ...part, peek: undefined });
  const undo = useUndo((id) => change({ peek: id }));
  const menuOf = (row: AuditEvent) => <AuditMenu event={row} undo={undo} onFilter={onFilter} />;
  useShortcut("z", t("audit.undo.key"), () => {
    const event = peeked ?? rows?.find((row) => row.id === focusedRowId());
    if (event) undo.start(event);
  });

  return (
    <Page
      title={t("nav.audit")}
      actions={
        <>
          {search.to === undefined && rows ? (
            <NewEvents input={input} rows={rows} onShow={() => void query.refetch()} />
          ) : null}
          <ExportMenu filter={input} />
        </>
      }
      fill
      peek={
        peeked ? (
          <AuditPeek
            event={peeked}
            undo={undo}
            onFilter={onFilter}
            onClose={() => change({ peek: undefined })}
            onPrevious={openAt(at - 1)}
            onNext={at < 0 ? undefined : openAt(at + 1)}
          />
        ) : null
      }
    >
      <Integrity />
      <FilterBar
        search={
          <>
            <SearchField
              label={t("audit.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
              width={220}
            />
            <AddFilterChips choices={filters.choices} onAdd={filters.onAdd} />
          </>
        }
        chips={filters.chips}
        onRemove={filters.onRemove}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        fill
        label={t("nav.audit")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.action}
        {...toPaging(query)}
        empty={
          filters.chips.length > 0 || q ? (
            <EmptyState
              kind="none-match"
              title={t("audit.empty.none")}
              body={t("audit.empty.noneBody")}
              actions={<Button onClick={filters.clear}>{t("filter.clearAll")}</Button>}
            />
          ) : (
            <EmptyState
              kind="never"
              icon={ScrollText}
              title={t("audit.empty.never")}
              body={t("audit.empty.neverBody")}
            />
          )
        }
        openId={peek}
        onPeek={(row) =>
          change({ peek: row.id === peek ? undefined : row.id }, peek === undefined ? "push" : "replace")
        }
        onOpen={(row) => change({ peek: row.id }, peek === undefined ? "push" : "replace")}
        narrow={(row) => ({
          title: <code className="mono">{row.action}</code>,
          meta: `${format.time(row.at)} · ${row.keyName ?? row.actorEmail ?? t(`audit.via.${row.via}`)}`,
          end: (
            <span className={classes.outcome}>
              <StatusBadge status={row.outcome} />
              {row.undoneBy ? <Tag>{t("audit.undone")}</Tag> : null}
            </span>
          ),
        })}
        rowActions={menuOf}
        footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
      />
      {undo.dialog}
      {isPeriodAsked ? (
        <PeriodDialog
          period={search}
          onChoose={(period) => {
            setPeriodAsked(false);
            change(period);
          }}
          onClose={() => setPeriodAsked(false)}
        />
      ) : null}
    </Page>
  );
}

/** The row that the keyboard is on. */
function focusedRowId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("tr[data-row-id]")?.dataset.rowId;
}

/** Rows never move under the pointer: what came in since is counted, and shown when asked for. */
function NewEvents(props: { input: AuditFilter; rows: readonly AuditEvent[]; onShow: () => void }) {
  const t = useT();
  const { rows, input } = props;
  const newest = rows[0];
  const query = trpc.audit.list.useQuery(
    { ...input, limit: NEW_READ, ...(newest ? { from: newest.at } : {}) },
    { gcTime: 0 },
  );
  const known = new Set(rows.slice(0, NEW_READ).map((row) => row.id));
  const fresh = query.data?.items.filter((row) => !known.has(row.id)).length ?? 0;
  return (
    <>
      <LiveRefresh everyMs={NEW_EVERY_MS} onDue={() => void query.refetch()} />
      {fresh > 0 ? (
        <Button leftSection={<ArrowUp size={14} />} c="var(--accent)" onClick={props.onShow}>
          {query.data?.nextCursor ? t("audit.newMany", { count: fresh }) : t("audit.new", { count: fresh })}
        </Button>
      ) : null}
    </>
  );
}
