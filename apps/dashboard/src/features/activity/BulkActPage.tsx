import { useParams } from "@tanstack/react-router";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/activity.ts";
import "../../lib/i18n/en/queue.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Chip } from "../../ui/FilterBar.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Time } from "../../ui/Time.tsx";
import { filterChips } from "../queue/jobs/job-filter.ts";
import classes from "./Activity.module.css";
import { BulkBadge } from "./BulkBadge.tsx";
import { BulkButtons } from "./BulkButtons.tsx";
import { type BulkSummary, isMoving, progressOf } from "./bulk-state.ts";
import { ItemsPanel } from "./ItemsPanel.tsx";
import { ProgressPanel } from "./ProgressPanel.tsx";
import { StagesPanel } from "./StagesPanel.tsx";
import { useBulkActs } from "./use-bulk-acts.tsx";

const MOVING_MS = 900;
/** Somebody else may pause it or take it back. */
const STILL_MS = 10_000;

/** One bulk act from its start to its undo. All of it is the server's state: a reload, or another person, sees the same. */
export function BulkActPage() {
  const t = useT();
  const format = useFormat();
  const { id = "" } = useParams({ strict: false });
  const utils = trpc.useUtils();
  const query = trpc.queue.bulk.get.useQuery({ id });
  const item = query.data;
  const acts = useBulkActs(item);
  const name = item ? t(`activity.name.${item.act}`, { count: item.total }) : t("activity.one");
  const refresh = async (): Promise<void> => {
    const before = item && JSON.stringify([item.state, item.done, item.failed, item.undone]);
    const { data } = await query.refetch({ cancelRefetch: false });
    if (data && JSON.stringify([data.state, data.done, data.failed, data.undone]) !== before) {
      void utils.queue.bulk.items.invalidate({ id });
    }
  };
  const isMissing = item === undefined && query.error !== null && toAppError(query.error).status === 404;
  return (
    <Page
      title={
        item && isMoving(item)
          ? t("activity.title.moving", { percent: format.percent(progressOf(item).share, 0), name })
          : name
      }
      heading={name}
      crumbs={[{ label: t("nav.activity"), to: "/activity" }, { label: name }]}
      aside={item ? <BulkBadge state={item.state} soft /> : null}
      actions={item ? <BulkButtons item={item} acts={acts} /> : null}
    >
      <LiveRefresh everyMs={item && isMoving(item) ? MOVING_MS : STILL_MS} onDue={() => void refresh()} />
      {isMissing ? (
        <EmptyState kind="none-match" title={t("activity.missing")} body={t("activity.missingBody")} />
      ) : (
        <AsyncView query={query} errorTitle={t("activity.failed")}>
          {(found) => <Parts item={found} />}
        </AsyncView>
      )}
      {acts.dialog}
    </Page>
  );
}

function Parts({ item }: { item: BulkSummary }) {
  return (
    <>
      {item.problem ? <Notice tone={item.state === "failed" ? "bad" : "warn"} title={item.problem} /> : null}
      <ProgressPanel item={item} />
      {item.stage ? <StagesPanel stage={item.stage} isOpen={isMoving(item) || item.state === "paused"} /> : null}
      <ItemsPanel item={item} />
      <About item={item} />
    </>
  );
}

function About({ item }: { item: BulkSummary }) {
  const t = useT();
  const format = useFormat();
  return (
    <Panel title={t("activity.about")}>
      <Facts
        facts={[
          { label: t("activity.by"), value: item.createdBy },
          { label: t("activity.started"), value: <Time at={item.createdAt} as="dateTime" /> },
          ...(item.finishedAt
            ? [{ label: t("activity.finished"), value: <Time at={item.finishedAt} as="dateTime" /> }]
            : []),
          { label: t("activity.asOf"), value: <Time at={item.asOf} as="dateTime" /> },
          {
            label: t("activity.target"),
            value: item.filter ? (
              <span className={classes.chips}>
                {filterChips(item.filter, t, format).map((chip) => (
                  <Chip key={chip.id} chip={chip} />
                ))}
              </span>
            ) : (
              t("queue.bulk.chosen", { count: item.total })
            ),
          },
          {
            label: t("queue.bulk.pace"),
            value:
              item.perSecond === null
                ? t("queue.bulk.atOnce")
                : t("activity.perSecond", { rate: format.number(item.perSecond) }),
          },
          ...(item.reason === null ? [] : [{ label: t("ui.reason"), value: item.reason }]),
        ]}
      />
    </Panel>
  );
}
