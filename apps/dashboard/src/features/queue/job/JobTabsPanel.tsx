import { useId } from "react";
import { useFormat } from "../../../lib/format.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { JsonView, StackView } from "../../../ui/CodeBlock.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { type TabItem, Tabs } from "../../../ui/Tabs.tsx";
import { type Attempt, type JobDetail, shortStack } from "../job.ts";
import type { JobTab } from "../jobs.search.ts";
import classes from "./JobTabsPanel.module.css";
import { LogLines } from "./LogLines.tsx";
import { TimelineList } from "./JobTimeline.tsx";
import { Redacted } from "./Redacted.tsx";
import { SameError } from "./SameError.tsx";

interface JobTabsPanelProps {
  readonly job: JobDetail;
  /** The one whose error and log are shown; undefined before the first. */
  readonly attempt: Attempt | undefined;
  readonly tab: JobTab;
  onTab(tab: JobTab): void;
}

export function JobTabsPanel(props: JobTabsPanelProps) {
  const { job, attempt, tab } = props;
  const t = useT();
  const format = useFormat();
  const bodyId = useId();
  const none = t("ui.none");
  const items: TabItem<JobTab>[] = [
    { id: "error", label: t("queue.tab.error"), ...(attempt?.error || job.error ? {} : { count: none }) },
    { id: "payload", label: t("queue.tab.payload"), count: format.bytes(JSON.stringify(job.input).length) },
    {
      id: "result",
      label: t("queue.tab.result"),
      count: job.output === null ? none : format.bytes(JSON.stringify(job.output).length),
    },
    { id: "logs", label: t("queue.tab.logs"), count: format.number(attempt?.logs.length ?? 0) },
    { id: "timeline", label: t("queue.timeline"), count: format.number(job.timeline.length) },
  ];
  return (
    <Panel label={t("queue.job.parts")} flush>
      <div className={classes.tabs}>
        <Tabs label={t("queue.job.parts")} items={items} value={tab} onChange={props.onTab} controls={bodyId} />
      </div>
      <div
        id={bodyId}
        role="tabpanel"
        aria-label={t(tab === "timeline" ? "queue.timeline" : `queue.tab.${tab}`)}
        className={classes.body}
      >
        <TabBody {...props} />
      </div>
    </Panel>
  );
}

function TabBody({ job, attempt, tab }: JobTabsPanelProps) {
  const t = useT();
  switch (tab) {
    case "error":
      return <ErrorTab job={job} attempt={attempt} />;
    case "payload":
      return (
        <>
          <JsonTab value={job.input} label={t("queue.tab.payload")} />
          <Redacted job={job} />
        </>
      );
    case "result":
      return job.output === null ? (
        <p className="muted">{t(job.state === "completed" ? "queue.result.null" : "queue.result.none")}</p>
      ) : (
        <JsonTab value={job.output} label={t("queue.tab.result")} />
      );
    case "logs":
      return attempt && attempt.logs.length > 0 ? (
        <>
          <p className="muted meta">{t("queue.ofAttempt", { number: attempt.number })}</p>
          <LogLines lines={attempt.logs} />
        </>
      ) : (
        <p className="muted">{t("queue.logs.none")}</p>
      );
    case "timeline":
      return <TimelineList job={job} />;
  }
}

function ErrorTab({ job, attempt }: Pick<JobTabsPanelProps, "job" | "attempt">) {
  const t = useT();
  const error = attempt?.error ?? (attempt === undefined ? job.error : null);
  if (!error)
    return (
      <p className="muted">{attempt ? t("queue.error.noneOf", { number: attempt.number }) : t("queue.error.none")}</p>
    );
  const isLast = attempt === undefined || attempt.number === job.attemptLog.at(-1)?.number;
  return (
    <>
      <div className={classes.errorHead}>
        <div>
          <p className={classes.message}>{error.message}</p>
          <p className={classes.verdict}>
            {job.state === "discarded" && isLast
              ? toVerdict(job, t)
              : t("queue.ofAttempt", { number: attempt?.number ?? job.attempts })}
          </p>
          {isLast ? <SameError job={job} /> : null}
        </div>
        <CopyButton value={error.stack ?? `${error.name}: ${error.message}`} what={t("queue.tab.error")} />
      </div>
      <StackView {...error} stack={shortStack(error.stack)} label={t("queue.tab.error")} />
    </>
  );
}

function JsonTab({ value, label }: { value: unknown; label: string }) {
  return (
    <div className={classes.json}>
      <JsonView value={value} label={label} />
      <span className={classes.corner}>
        <CopyButton value={JSON.stringify(value, null, 2)} what={label} />
      </span>
    </div>
  );
}

/** Why no further attempt follows. */
function toVerdict({ attempts, maxAttempts }: JobDetail, t: Translate): string {
  if (attempts === 0) return t("queue.error.neverRan");
  if (attempts < maxAttempts) return t("queue.error.final", { number: attempts, total: maxAttempts });
  return t("queue.error.usedUp", { count: maxAttempts });
}
