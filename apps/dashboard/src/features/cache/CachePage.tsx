import { Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { useCacheColumns } from "./cache-columns.tsx";
import { type CacheRow, keyId, nameOf } from "./cache-rows.ts";
import { cacheSearch, toSort, toSortText } from "./cache.search.ts";
import { CacheFigures } from "./CacheFigures.tsx";
import { CacheRowMenu } from "./CacheRowMenu.tsx";
import { CachePeek } from "./CachePeek.tsx";
import type { CacheFound } from "./entry.ts";
import { InvalidatePanel, type InvalidateStart } from "./InvalidatePanel.tsx";
import { NoKeys } from "./NoKeys.tsx";
import { SetKeyDialog } from "./SetKeyDialog.tsx";
import { useCacheRows } from "./use-cache-rows.ts";
import { useKeyActs } from "./use-key-acts.ts";

const REFRESH_EVERY_MS = 2000;
const TREE_ROWS_MAX = 60;
const NONE_OPEN: readonly string[] = [];

export function CachePage() {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const isNarrow = useIsNarrow();
  const now = useNow(1000);
  const { search, change } = usePageSearch(cacheSearch);
  const { prefix, open = NONE_OPEN, peek } = search;
  const [editing, setEditing] = useState<{ readonly found?: CacheFound }>();
  const [invalidating, setInvalidating] = useState<InvalidateStart>();
  const stats = trpc.cache.stats.useQuery();
  const sort = toSort(search.sort);
  const list = useCacheRows(prefix, open, sort);
  const view = useCacheColumns(now);
  const acts = useKeyActs();
  const keyRows = (list.rows ?? []).flatMap((row) => (row.kind === "key" ? row.entry.key : []));
  const step = (by: number): (() => void) | undefined => {
    const at = peek === undefined ? -1 : keyRows.indexOf(peek);
    const next = keyRows[at + by];
    return at === -1 || next === undefined ? undefined : () => change({ peek: next }, "replace");
  };
  const enter = (row: CacheRow): void => {
    if (row.kind === "namespace" && row.namespace.name !== "") {
      const { name } = row.namespace;
      const next = row.isOpen ? open.filter((each) => each !== name) : [...open, name];
      change({ open: next.length > 0 ? next : undefined }, "replace");
    }
    if (row.kind === "more") change({ prefix: row.prefix });
    if (row.kind === "key") change({ peek: row.entry.key === peek ? undefined : row.entry.key }, "replace");
  };
  // The tree is as high as its rows; a long list scrolls in its own frame, where only the rows in view are drawn.
  const isLong = prefix !== undefined || (list.rows?.length ?? 0) > TREE_ROWS_MAX;
  const fill = isLong && invalidating === undefined;
  const invalidateOff = gate("cache.invalidatePrefix");
  const menuOf = (row: CacheRow): ReactNode => (
    <CacheRowMenu
      row={row}
      deleteOff={acts.deleteOff}
      invalidateOff={invalidateOff}
      onDelete={acts.remove}
      onList={(listed) => change({ prefix: listed })}
      onInvalidate={(text) => setInvalidating({ by: "prefix", text })}
    />
  );

  return (
    <Page
      title={t("cache.title")}
      fill={fill}
      actions={
        <>
          <ActionButton leftSection={<Plus size={16} />} disabledReason={acts.setOff} onClick={() => setEditing({})}>
            {t("cache.set.open")}
          </ActionButton>
          <ActionButton
            tone="danger"
            leftSection={<Trash2 size={16} />}
            disabledReason={invalidateOff}
            onClick={() => setInvalidating({ by: "prefix", text: prefix ?? "" })}
          >
            {t("cache.invalidate.open")}
          </ActionButton>
        </>
      }
      peek={
        peek === undefined ? undefined : (
          <CachePeek
            key={peek}
            cacheKey={peek}
            acts={acts}
            onEdit={(found) => setEditing({ found })}
            onTag={(tag) => setInvalidating({ by: "tag", text: tag })}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={step(-1)}
            onNext={step(1)}
          />
        )
      }
    >
      <LiveRefresh
        everyMs={REFRESH_EVERY_MS}
        onDue={() => {
          list.refresh();
          void stats.refetch({ cancelRefetch: false });
        }}
      />
      <CacheFigures query={stats} now={now} />
      <FilterBar
        search={
          <SearchField
            label={t("cache.search")}
            value={prefix ?? ""}
            width={isNarrow ? 200 : 300}
            onChange={(text) => change({ prefix: text === "" ? undefined : text }, "replace")}
          />
        }
        chips={[]}
        onRemove={() => undefined}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        key={prefix === undefined ? "tree" : "list"}
        fill={fill}
        label={t(prefix === undefined ? "cache.tree" : "cache.list")}
        columns={view.columns}
        narrow={view.narrow}
        rows={list.rows}
        rowId={(row) => row.id}
        rowName={nameOf}
        error={list.error}
        onRetry={list.refresh}
        isRefreshing={list.isRefreshing}
        empty={<NoKeys search={search} onClear={() => change({ prefix: undefined })} />}
        {...(prefix === undefined
          ? { sort, onSort: (next: typeof sort) => change({ sort: toSortText(next) }, "replace") }
          : {})}
        openId={peek === undefined ? undefined : keyId(peek)}
        onPeek={enter}
        onOpen={enter}
        rowActions={menuOf}
        hasMore={list.hasMore}
        isLoadingMore={list.isLoadingMore}
        onLoadMore={list.loadMore}
        footNote={
          stats.data ? <span className="num">{t("table.asOf", { time: format.time(stats.data.asOf) })}</span> : null
        }
      />
      {invalidating ? (
        <InvalidatePanel
          key={`${invalidating.by} ${invalidating.text}`}
          start={invalidating}
          onClose={() => setInvalidating(undefined)}
        />
      ) : null}
      {editing ? (
        <SetKeyDialog
          found={editing.found}
          startKey={prefix}
          onClose={() => setEditing(undefined)}
          onDone={(key) => {
            setEditing(undefined);
            change({ peek: key }, "replace");
          }}
        />
      ) : null}
    </Page>
  );
}
