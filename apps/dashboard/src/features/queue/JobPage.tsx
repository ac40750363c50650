import { Menu } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChevronDown, Copy, Trash2 } from "lucide-react";
import { useState } from "react";
import { useNow } from "../../lib/clock.ts";
import { toAppError } from "../../lib/errors.ts";
import "../../lib/i18n/en/queue.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { CopyButton, useCopy } from "../../ui/CopyButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { EditJobDialog } from "./edit/EditJobDialog.tsx";
import { EnqueueDialog, type EnqueueStart } from "./enqueue/EnqueueDialog.tsx";
import { isActFor, type JobDetail, shortId } from "./job.ts";
import { jobSearch, type JobTab } from "./jobs.search.ts";
import { AttemptsPanel } from "./job/AttemptsPanel.tsx";
import { JobActions } from "./job/JobActions.tsx";
import { JobBadge } from "./job/JobBadge.tsx";
import { detailFacts, originFacts } from "./job/job-facts.tsx";
import { JobTabsPanel } from "./job/JobTabsPanel.tsx";
import { JobTimeline } from "./job/JobTimeline.tsx";
import { LogPanel } from "./job/LogPanel.tsx";
import { ProgressData } from "./job/ProgressData.tsx";
import { Quarantine } from "./job/Quarantine.tsx";
import { RelatedPanel } from "./job/RelatedPanel.tsx";
import { WaitingReason } from "./job/WaitingReason.tsx";
import classes from "./JobPage.module.css";
import { useJobActs, type JobActs } from "./use-job-acts.tsx";
import { useJob } from "./use-job.ts";

const WAITING_EVERY_MS = 3000;

export function JobPage() {
  const t = useT();
  const navigate = useNavigate();
  const { id = "" } = useParams({ strict: false });
  const query = useJob(id);
  const [enqueue, setEnqueue] = useState<EnqueueStart>();
  const [edited, setEdited] = useState<JobDetail>();
  const acts = useJobActs({
    onDone: (_id, state) => {
      if (state === "deleted") void navigate({ to: "/queue/jobs" });
    },
  });
  const job = query.data;
  useShortcut("r", t("queue.key.retry"), () => job && acts.start("retry", job), { active: job !== undefined });
  const isMissing = job === undefined && query.error !== null && toAppError(query.error).status === 404;
  return (
    <Page
      title={job?.name ?? t("queue.job.title", { id: shortId(id) })}
      crumbs={[
        { label: t("nav.queue"), to: "/queue/jobs" },
        { label: t("queue.jobs.title"), to: "/queue/jobs" },
        { label: shortId(id) },
      ]}
      aside={
        job ? (
          <>
            <JobBadge job={job} />
            <span className={`mono ${classes.id}`}>{id}</span>
            <CopyButton value={id} what={t("queue.id")} />
          </>
        ) : null
      }
      actions={job ? <HeadActions job={job} acts={acts} onEnqueueCopy={setEnqueue} onEdit={setEdited} /> : null}
    >
      {isMissing ? (
        <Panel label={t("queue.job.missing")}>
          <EmptyState
            kind="none-match"
            title={t("queue.job.missing")}
            body={t("queue.job.missingBody")}
            actions={
              <ActionButton onClick={() => void navigate({ to: "/queue/jobs" })}>{t("queue.job.toList")}</ActionButton>
            }
          />
        </Panel>
      ) : (
        <AsyncView query={query} errorTitle={t("queue.job.error")} skeleton={<SkeletonLines lines={12} />}>
          {(data) => <JobBody job={data} onEdit={() => setEdited(data)} />}
        </AsyncView>
      )}
      {acts.dialog}
      {edited ? <EditJobDialog job={edited} onClose={() => setEdited(undefined)} /> : null}
      {enqueue ? <EnqueueDialog start={enqueue} onClose={() => setEnqueue(undefined)} /> : null}
    </Page>
  );
}

interface HeadActionsProps {
  readonly job: JobDetail;
  readonly acts: JobActs;
  onEnqueueCopy(start: EnqueueStart): void;
  onEdit(job: JobDetail): void;
}

function HeadActions({ job, acts, onEnqueueCopy, onEdit }: HeadActionsProps) {
  const t = useT();
  return (
    <>
      <CopyAs job={job} />
      {isActFor("delete", job.state) ? (
        <ActionButton
          tone="danger"
          leftSection={<Trash2 size={16} />}
          disabledReason={acts.offBecause("delete")}
          onClick={() => acts.start("delete", job)}
        >
          {t("queue.act.deleteAsk")}
        </ActionButton>
      ) : null}
      <JobActions isMain job={job} detail={job} acts={acts} onEnqueueCopy={onEnqueueCopy} onEdit={onEdit} />
    </>
  );
}

function CopyAs({ job }: { job: JobDetail }) {
  const t = useT();
  const [copied, copy] = useCopy();
  const code = `await client.queue.enqueue.mutate(${JSON.stringify({ name: job.name, input: job.input }, null, 2)});`;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionButton leftSection={<Copy size={16} />}>
          {copied ? t("ui.copied") : t("queue.copyAs")}{" "}
          <ChevronDown size={14} aria-hidden className={classes.chevron} />
        </ActionButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => copy(JSON.stringify(job, null, 2))}>{t("queue.copyAs.json")}</Menu.Item>
        <Menu.Item onClick={() => copy(JSON.stringify(job.input, null, 2))}>{t("queue.tab.payload")}</Menu.Item>
        <Menu.Item onClick={() => copy(code)}>{t("queue.copyAs.code")}</Menu.Item>
        <Menu.Item onClick={() => copy(window.location.href)}>{t("queue.copyAs.link")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function JobBody({ job, onEdit }: { job: JobDetail; onEdit(): void }) {
  const t = useT();
  const gate = useGate();
  const now = useNow(1000);
  const utils = trpc.useUtils();
  const { search, change } = usePageSearch(jobSearch);
  const attempt = job.attemptLog.find(({ number }) => number === search.attempt) ?? job.attemptLog.at(-1);
  const tab = search.tab ?? firstTab(job);
  const readAnew = (): void => void utils.queue.jobs.get.invalidate({ id: job.id });
  return (
    <>
      <Quarantine job={job} onEdit={onEdit} offBecause={gate("queue.jobs.updateInput")} />
      {job.waitingReason === null ? null : (
        <>
          {/* What it waits for changes without the job: nobody tells of that. */}
          <LiveRefresh everyMs={WAITING_EVERY_MS} onDue={readAnew} />
          <WaitingReason job={job} />
        </>
      )}
      <JobTimeline job={job} now={now} onAll={() => change({ tab: "timeline" }, "replace")} />
      {job.state === "executing" && job.progress !== null ? <Progress share={job.progress} /> : null}
      <ProgressData job={job} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <JobTabsPanel job={job} attempt={attempt} tab={tab} onTab={(next) => change({ tab: next }, "replace")} />
          <AttemptsPanel
            job={job}
            now={now}
            selected={attempt?.number}
            onSelect={(number) => change({ attempt: number }, "replace")}
          />
          {tab === "logs" ? null : <LogPanel attempt={attempt} onAll={() => change({ tab: "logs" }, "replace")} />}
        </div>
        <div className={classes.column}>
          <Panel title={t("queue.details")} divided>
            <Facts facts={detailFacts(job, t)} />
          </Panel>
          <Panel title={t("queue.origin")} divided>
            <Facts facts={originFacts(job, t)} />
          </Panel>
          <RelatedPanel job={job} />
        </div>
      </div>
    </>
  );
}

function Progress({ share }: { share: number }) {
  const t = useT();
  return (
    <div className={classes.progress} data-live>
      <span className="muted">{t("queue.progress")}</span>
      <Meter share={share} label={t("queue.progress")} tone="accent" height={6} />
      <span className="num medium">{Math.round(share * 100)}%</span>
    </div>
  );
}

/** What somebody who opens the job most likely wants to see. */
function firstTab(job: JobDetail): JobTab {
  if (job.error !== null) return "error";
  return job.output === null ? "payload" : "result";
}
