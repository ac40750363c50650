import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Pause, Pencil, Play, Trash2, Zap } from "lucide-react";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-schedules.ts";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { usePreferences } from "../../../lib/preferences.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { JsonView } from "../../../ui/CodeBlock.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { type Fact, Facts } from "../../../ui/Facts.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { Page } from "../../../ui/Page.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { Time } from "../../../ui/Time.tsx";
import { RunsPanel } from "./RunsPanel.tsx";
import { LastRun, ScheduleBadge } from "./ScheduleBits.tsx";
import { type Schedule, wordsOf } from "./schedule.ts";
import { SchedulePreview } from "./SchedulePreview.tsx";
import classes from "./Schedules.module.css";
import { type ScheduleActs, useScheduleActs } from "./use-schedule-acts.tsx";

const REFRESH_MS = 2000;

/** One schedule: what it runs and when, and what came of it. */
export function SchedulePage() {
  const t = useT();
  const navigate = useNavigate();
  const { id = "" } = useParams({ strict: false });
  const utils = trpc.useUtils();
  const query = trpc.queue.schedules.get.useQuery({ id });
  const schedule = query.data;
  const acts = useScheduleActs({ onDeleted: () => void navigate({ to: "/queue/schedules", replace: true }) });
  const isMissing = query.error !== null && toAppError(query.error).code === "SCHEDULE_NOT_FOUND";
  const refresh = async (): Promise<void> => {
    void utils.queue.schedules.runs.invalidate({ id });
    const { data } = await query.refetch({ cancelRefetch: false });
    // The first of its next times has passed.
    if (data && data.nextAt !== schedule?.nextAt) void utils.queue.schedules.preview.invalidate();
  };
  return (
    <Page
      title={schedule?.name ?? t("queueSchedules.one")}
      crumbs={[
        { label: t("nav.queue"), to: "/queue/jobs" },
        { label: t("nav.schedules"), to: "/queue/schedules" },
        { label: schedule?.name ?? id },
      ]}
      aside={schedule ? <ScheduleBadge schedule={schedule} soft /> : null}
      actions={schedule ? <Buttons schedule={schedule} acts={acts} /> : null}
    >
      {isMissing ? null : <LiveRefresh everyMs={REFRESH_MS} onDue={() => void refresh()} />}
      {isMissing ? (
        <EmptyState
          kind="none-match"
          title={t("queueSchedules.missing")}
          body={t("queueSchedules.missingBody")}
          actions={<Link to="/queue/schedules">{t("queueSchedules.toList")}</Link>}
        />
      ) : (
        <AsyncView query={query} errorTitle={t("queueSchedules.oneFailed")}>
          {(found) => <Parts schedule={found} />}
        </AsyncView>
      )}
      {acts.dialog}
    </Page>
  );
}

function Buttons({ schedule, acts }: { schedule: Schedule; acts: ScheduleActs }) {
  const t = useT();
  const isPaused = schedule.pausedAt !== null;
  useShortcut("p", t("queueSchedules.key.pause"), () => acts.start("toggle", schedule));
  useShortcut("e", t("queueSchedules.key.edit"), () => acts.start("edit", schedule));
  return (
    <>
      <ActionButton
        leftSection={<Zap size={16} />}
        disabledReason={acts.offBecause("runNow", schedule)}
        onClick={() => acts.start("runNow", schedule)}
      >
        {t("queueSchedules.runNow")}
      </ActionButton>
      <ActionButton
        keys="p"
        leftSection={isPaused ? <Play size={16} /> : <Pause size={16} />}
        disabledReason={acts.offBecause("toggle", schedule)}
        onClick={() => acts.start("toggle", schedule)}
      >
        {t(isPaused ? "queueSchedules.resume" : "queueSchedules.pause")}
      </ActionButton>
      <ActionButton
        keys="e"
        leftSection={<Pencil size={16} />}
        disabledReason={acts.offBecause("edit", schedule)}
        onClick={() => acts.start("edit", schedule)}
      >
        {t("queueSchedules.editAct")}
      </ActionButton>
      <ActionButton
        tone="danger"
        leftSection={<Trash2 size={16} />}
        disabledReason={acts.offBecause("delete", schedule)}
        onClick={() => acts.start("delete", schedule)}
      >
        {t("queueSchedules.deleteAct")}
      </ActionButton>
    </>
  );
}

function Parts({ schedule }: { schedule: Schedule }) {
  const t = useT();
  const [{ language }] = usePreferences();
  const { cron, everyMs, timeZone } = schedule;
  const facts: readonly Fact[] = [
    { label: t("queueSchedules.column.job"), value: <JobLink name={schedule.jobName} /> },
    { label: t("queueSchedules.column.when"), value: wordsOf(schedule, language) },
    ...(cron === null ? [] : [{ label: t("queueSchedules.kind.cron"), value: <code className="mono">{cron}</code> }]),
    { label: t("queueSchedules.field.zone"), value: timeZone },
    { label: t("queueSchedules.field.missed"), value: t(`queueSchedules.missed.${schedule.missed}`) },
    { label: t("queueSchedules.column.last"), value: <LastRun schedule={schedule} /> },
    {
      label: t("queueSchedules.origin"),
      value:
        schedule.origin === "definition"
          ? t("queueSchedules.origin.code")
          : (schedule.createdBy ?? t("queue.fact.unknown")),
    },
    { label: t("queueSchedules.createdAt"), value: <Time at={schedule.createdAt} as="dateTime" /> },
  ];
  return (
    <>
      {schedule.problem === null ? null : (
        <Notice tone="bad" title={t("queueSchedules.problem.title")}>
          {schedule.problem}
        </Notice>
      )}
      {schedule.pausedAt === null ? null : (
        <Notice tone="warn" title={t("queueSchedules.paused.title")}>
          <PausedBy by={schedule.pausedBy} at={schedule.pausedAt} />
        </Notice>
      )}
      <div className={classes.columns}>
        <Panel title={t("queueSchedules.about")}>
          <Facts facts={facts} />
          <div className={classes.input}>
            <JsonView value={schedule.input} label={t("queue.enqueue.input")} maxLines={16} />
          </div>
        </Panel>
        <Panel title={t("queueSchedules.next")}>
          <div className={classes.fields}>
            <SchedulePreview timing={{ cron, everyMs, timeZone }} />
          </div>
        </Panel>
      </div>
      <RunsPanel id={schedule.id} timeZone={timeZone} />
    </>
  );
}

function PausedBy({ by, at }: { by: string | null; at: string }) {
  const t = useT();
  const time = <Time at={at} />;
  return by === null
    ? t.rich("queueSchedules.paused.since", { time })
    : t.rich("queueSchedules.paused.by", { who: by, time });
}

function JobLink({ name }: { name: string }) {
  return (
    <Link to="/queue/jobs" search={{ name }} className="mono">
      {name}
    </Link>
  );
}
