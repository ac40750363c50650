import { Button } from "@mantine/core";
import { Gauge } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { trpc } from "../../lib/trpc.ts";
import { Chip, FilterBar } from "../../ui/FilterBar.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { type TabItem, Tabs } from "../../ui/Tabs.tsx";
import { isInView, isLimiting, type Limit } from "./limit.ts";
import { useLimitColumns } from "./limit-columns.tsx";
import { LimitFigures } from "./LimitFigures.tsx";
import { LimitPeek } from "./LimitPeek.tsx";
import { type LimitTab, limitsSearch, type LimitsSearch, toSort, toSortText } from "./limits.search.ts";
import { useOrdered } from "./use-ordered.ts";
import { useTrends } from "./use-trends.ts";

const REFRESH_EVERY_MS = 1000;

export function LimitsPage() {
  const t = useT();
  const format = useFormat();
  const { search, change } = usePageSearch(limitsSearch);
  const { peek } = search;
  const query = trpc.limits.list.useQuery();
  const items = query.data?.items;
  const trends = useTrends(items);
  const sort = toSort(search.sort);
  const rows = useOrdered(items, search.sort)?.filter((limit) => isInView(limit, search));
  const hasTags = rows?.some(({ change: changed, overrideCount }) => changed !== null || overrideCount > 0) ?? false;
  const view = useLimitColumns({ trends, isWide: peek === undefined, hasTags });
  const peekAt = (limit: Limit): void => change({ peek: limit.name === peek ? undefined : limit.name }, "replace");
  const step = (by: number): (() => void) | undefined => {
    const at = rows?.findIndex(({ name }) => name === peek) ?? -1;
    const next = at === -1 ? undefined : rows?.[at + by];
    return next && (() => change({ peek: next.name }, "replace"));
  };

  return (
    <Page
      title={t("limits.title")}
      aside={<span className="meta">{t("limits.subtitle")}</span>}
      peek={
        peek === undefined ? undefined : (
          <LimitPeek
            key={peek}
            name={peek}
            limit={items && (items.find(({ name }) => name === peek) ?? null)}
            trend={trends.get(peek) ?? []}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={step(-1)}
            onNext={step(1)}
          />
        )
      }
    >
      <LiveRefresh everyMs={REFRESH_EVERY_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      <LimitFigures query={query} />
      <KindTabs items={items} value={search.tab} onChange={(tab) => change({ tab })} />
      <FilterBar
        search={
          <SearchField
            label={t("limits.search")}
            value={search.q ?? ""}
            onChange={(q) => change({ q: q === "" ? undefined : q }, "replace")}
          />
        }
        chips={[]}
        onRemove={() => undefined}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        label={t("limits.title")}
        columns={view.columns}
        narrow={view.narrow}
        rows={rows}
        rowId={(limit) => limit.name}
        rowName={(limit) => limit.name}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={<NoLimits search={search} onChange={change} />}
        sort={sort}
        onSort={(next) => change({ sort: toSortText(next) }, "replace")}
        openId={peek}
        onPeek={peekAt}
        onOpen={peekAt}
        footNote={
          query.data ? <span className="num">{t("table.asOf", { time: format.time(query.data.asOf) })}</span> : null
        }
      />
    </Page>
  );
}

type Tab = LimitTab | "all";

interface KindTabsProps {
  readonly items: readonly Limit[] | undefined;
  readonly value: LimitsSearch["tab"];
  onChange(tab: LimitsSearch["tab"]): void;
}

function KindTabs({ items, value, onChange }: KindTabsProps) {
  const t = useT();
  const format = useFormat();
  const count = (has: (limit: Limit) => boolean): string | undefined =>
    items && format.number(items.filter(has).length);
  const limiting = items?.some(isLimiting) ?? false;
  const tabs: TabItem<Tab>[] = [
    { id: "all", label: t("limits.tab.all"), count: count(() => true) },
    { id: "rate", label: t("limits.kind.rate"), count: count(({ kind }) => kind === "rate") },
    { id: "concurrency", label: t("limits.kind.concurrency"), count: count(({ kind }) => kind === "concurrency") },
    {
      id: "limiting",
      label: t("limits.tab.limiting"),
      count: count(isLimiting),
      ...(limiting ? { countTone: "bad" } : {}),
    },
  ];
  return (
    <Tabs
      label={t("limits.tabs")}
      items={tabs}
      value={value ?? "all"}
      onChange={(tab) => onChange(tab === "all" ? undefined : tab)}
    />
  );
}

function NoLimits({ search, onChange }: { search: LimitsSearch; onChange(part: Partial<LimitsSearch>): void }) {
  const t = useT();
  if (search.q !== undefined) {
    return (
      <EmptyState
        kind="none-match"
        title={t("limits.empty.noneMatch")}
        actions={<Button onClick={() => onChange({ q: undefined, tab: undefined })}>{t("filter.clearAll")}</Button>}
      >
        <Chip
          chip={{ id: "q", name: t("limits.column.name"), operator: t("limits.contains"), value: search.q }}
          onRemove={() => onChange({ q: undefined })}
        />
      </EmptyState>
    );
  }
  if (search.tab === "limiting") {
    return (
      <EmptyState
        kind="none-match"
        icon={Gauge}
        title={t("limits.empty.calm")}
        body={t("limits.empty.calmBody")}
        actions={<Button onClick={() => onChange({ tab: undefined })}>{t("limits.empty.showAll")}</Button>}
      />
    );
  }
  return <EmptyState kind="never" icon={Gauge} title={t("limits.empty.never")} body={t("limits.empty.neverBody")} />;
}
