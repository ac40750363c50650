import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useLive } from "../../lib/live.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { FigureStrip } from "../../ui/FigureStrip.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { Time } from "../../ui/Time.tsx";
import { readHealth } from "./read-health.ts";
import { SettingsTabs } from "./SettingsTabs.tsx";

type NodeRow = Outputs["stats"]["nodes"]["items"][number];
const REFRESH_MS = 5000;
/** A process beats every 5 s; one that has missed a beat is worth a look. */
const LATE_BEAT_MS = 8000;
const SLOW_LOOP_MS = 200;

export function SystemPage() {
  const t = useT();
  const format = useFormat();
  const nodes = trpc.stats.nodes.useQuery();
  const health = useQuery({ queryKey: ["health"], queryFn: ({ signal }) => readHealth(signal) });
  const columns = useNodeColumns();
  return (
    <Page title={t("settings.title")}>
      <LiveRefresh
        everyMs={REFRESH_MS}
        onDue={() => {
          void nodes.refetch();
          void health.refetch();
        }}
      />
      <SettingsTabs value="system" />
      <Totals />
      <Panel title={t("system.health")} scope={t("system.health.scope")} divided>
        <AsyncView
          query={health}
          skeleton={<SkeletonLines lines={4} height={24} />}
          errorTitle={t("system.health.failed")}
        >
          {(answer) => (
            <Facts
              facts={[
                {
                  label: t("system.health.server"),
                  value: (
                    <StatusBadge status={answer.status === "ready" ? "ok" : "failed"}>
                      {answer.status === "ready" ? t("status.ready") : answer.status}
                    </StatusBadge>
                  ),
                },
                {
                  label: t("system.health.database"),
                  value: (
                    <StatusBadge status={answer.database === "ok" ? "ok" : "failed"}>
                      {answer.database === "ok" ? t("status.ok") : answer.database}
                    </StatusBadge>
                  ),
                },
                { label: t("system.health.version"), value: <code className="mono">{answer.version}</code> },
                {
                  label: t("system.health.setUp"),
                  value: t(answer.setupRequired ? "system.health.setUpNeeded" : "system.health.setUpDone"),
                },
                { label: t("system.health.probe"), value: <a href="/health">/health</a> },
                { label: t("system.health.metrics"), value: <a href="/metrics">/metrics</a> },
                { label: t("system.health.openApi"), value: <a href="/openapi.json">/openapi.json</a> },
              ]}
            />
          )}
        </AsyncView>
      </Panel>
      <Panel
        title={t("system.nodes")}
        scope={nodes.data ? t("table.asOf", { time: format.time(nodes.data.asOf) }) : ""}
        flush
      >
        <DataTable
          label={t("system.nodes")}
          columns={columns}
          rows={nodes.data?.items}
          rowId={(row) => row.id}
          rowName={(row) => `${row.host} ${row.pid}`}
          error={nodes.error}
          onRetry={() => void nodes.refetch()}
          empty={<EmptyState kind="never" title={t("system.nodes.none")} body={t("system.nodes.noneBody")} />}
          narrow={(row) => ({
            title: `${row.host} · ${row.pid}`,
            meta: `v${row.version} · ${format.bytes(row.memoryBytes)}`,
            end: row.eventLoopDelayMs === null ? "—" : format.duration(row.eventLoopDelayMs),
          })}
        />
      </Panel>
    </Page>
  );
}

function Totals() {
  const t = useT();
  const format = useFormat();
  const { summary } = useLive();
  const show = (write: (value: NonNullable<typeof summary>) => string): string => (summary ? write(summary) : "—");
  return (
    <FigureStrip
      label={t("system.totals")}
      figures={[
        { label: t("system.totals.nodes"), value: show((each) => format.number(each.nodes)) },
        { label: t("system.totals.calls"), value: show((each) => format.number(each.requests)) },
        { label: t("system.totals.inFlight"), value: show((each) => format.number(each.inFlight)) },
        {
          label: t("system.totals.slots"),
          value: show((each) => `${each.queue.slots.used} / ${each.queue.slots.total}`),
        },
        { label: t("system.totals.cacheEntries"), value: show((each) => format.number(each.cache.entries)) },
        { label: t("system.totals.cacheSize"), value: show((each) => format.bytes(each.cache.sizeBytes)) },
      ]}
    />
  );
}

function useNodeColumns(): readonly Column<NodeRow>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(
    () => [
      { id: "host", header: t("system.node.host"), cell: (row) => <span className="medium">{row.host}</span> },
      {
        id: "pid",
        header: t("system.node.pid"),
        width: 90,
        align: "end",
        look: "mono",
        cell: (row) => String(row.pid),
      },
      { id: "version", header: t("system.node.version"), width: 110, look: "mono", cell: (row) => row.version },
      {
        id: "up",
        header: t("system.node.up"),
        width: 130,
        align: "end",
        cell: (row) => <Uptime since={row.startedAt} />,
      },
      {
        id: "seen",
        header: t("system.node.beat"),
        width: 130,
        align: "end",
        cell: (row) => <Beat at={row.lastSeenAt} />,
      },
      {
        id: "loop",
        header: t("system.node.loop"),
        width: 150,
        align: "end",
        cell: (row) =>
          row.eventLoopDelayMs === null ? (
            "—"
          ) : (
            <span className={row.eventLoopDelayMs > SLOW_LOOP_MS ? "warn" : ""}>
              {format.duration(row.eventLoopDelayMs)}
            </span>
          ),
      },
      {
        id: "memory",
        header: t("system.node.memory"),
        width: 120,
        align: "end",
        cell: (row) => format.bytes(row.memoryBytes),
      },
      {
        id: "id",
        header: t("system.node.id"),
        width: 110,
        look: "mono",
        cell: (row) => <span title={row.id}>{row.id.slice(-8)}</span>,
      },
    ],
    [t, format],
  );
}

function Uptime({ since }: { since: string }) {
  const format = useFormat();
  const now = useNow(1000);
  return <span title={format.dateTime(since)}>{format.duration(now - Date.parse(since))}</span>;
}

function Beat({ at }: { at: string }) {
  const now = useNow(1000);
  return (
    <span className={now - Date.parse(at) > LATE_BEAT_MS ? "warn" : ""}>
      <Time at={at} />
    </span>
  );
}
