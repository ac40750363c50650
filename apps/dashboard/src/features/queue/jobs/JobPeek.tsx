import { Link, useNavigate } from "@tanstack/react-router";
import { useNow } from "../../../lib/clock.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { useIsNarrow } from "../../../lib/layout.ts";
import { useGate } from "../../../lib/session.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { JsonView, StackView } from "../../../ui/CodeBlock.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Facts } from "../../../ui/Facts.tsx";
import { KeyHint } from "../../../ui/KeyHint.tsx";
import { PeekPanel, PeekSection } from "../../../ui/PeekPanel.tsx";
import type { EnqueueStart } from "../enqueue/EnqueueDialog.tsx";
import { JobActions } from "../job/JobActions.tsx";
import { JobBadge } from "../job/JobBadge.tsx";
import { AttemptLine } from "../job/AttemptLine.tsx";
import { peekFacts } from "../job/job-facts.tsx";
import { Quarantine } from "../job/Quarantine.tsx";
import { Redacted } from "../job/Redacted.tsx";
import { SameError } from "../job/SameError.tsx";
import { WaitingReason } from "../job/WaitingReason.tsx";
import { type Job, type JobDetail, shortId, shortStack } from "../job.ts";
import type { JobActs } from "../use-job-acts.tsx";
import { useJob } from "../use-job.ts";
import classes from "./JobPeek.module.css";

interface JobPeekProps {
  readonly id: string;
  /** The row of the list, shown until the whole job is here. */
  readonly row: Job | undefined;
  readonly acts: JobActs;
  onClose(): void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
  onEnqueueCopy(start: EnqueueStart): void;
  onEdit(job: JobDetail): void;
}

export function JobPeek(props: JobPeekProps) {
  const { id, row, acts } = props;
  const t = useT();
  const isNarrow = useIsNarrow();
  const navigate = useNavigate();
  const query = useJob(id);
  const job = query.data ?? row;
  // Of the open job, whatever row the focus is on: a shared link opens it without touching the list.
  useShortcut("Enter", t("keys.openRow"), () => void navigate({ to: "/queue/jobs/$id", params: { id } }));
  useShortcut("Space", t("peek.close"), props.onClose);
  return (
    <PeekPanel
      label={t("queue.peek", { id: shortId(id) })}
      title={
        <>
          <span className="mono">{shortId(id)}</span>
          <CopyButton value={id} what={t("queue.id")} />
          {job ? <JobBadge job={job} /> : null}
        </>
      }
      actions={
        job ? (
          <>
            <JobActions
              job={job}
              acts={acts}
              detail={query.data}
              onEnqueueCopy={props.onEnqueueCopy}
              onEdit={props.onEdit}
            />
            <Link to="/queue/jobs/$id" params={{ id }} className={classes.open}>
              {t("ui.open")} <KeyHint keys="Enter" />
            </Link>
          </>
        ) : null
      }
      onClose={props.onClose}
      onPrevious={props.onPrevious}
      onNext={props.onNext}
      footer={isNarrow ? undefined : <Keys />}
    >
      <AsyncView query={query} errorTitle={t("queue.job.error")}>
        {(detail) => <PeekBody job={detail} onEdit={() => props.onEdit(detail)} />}
      </AsyncView>
    </PeekPanel>
  );
}

function PeekBody({ job, onEdit }: { job: JobDetail; onEdit(): void }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const gate = useGate();
  const payload = JSON.stringify(job.input);
  return (
    <>
      {job.isQuarantined ? (
        <PeekSection>
          <Quarantine job={job} onEdit={onEdit} offBecause={gate("queue.jobs.updateInput")} />
        </PeekSection>
      ) : null}
      {job.waitingReason === null ? null : (
        <PeekSection title={t("queue.waiting.title")}>
          <WaitingReason job={job} />
        </PeekSection>
      )}
      {job.error ? (
        <PeekSection title={t(job.state === "discarded" ? "queue.peek.whyFailed" : "queue.peek.lastError")}>
          <p className={classes.message}>{job.error.message}</p>
          <SameError job={job} />
          <StackView {...job.error} stack={shortStack(job.error.stack)} label={t("queue.tab.error")} />
        </PeekSection>
      ) : null}
      {job.attemptLog.length > 0 ? (
        <PeekSection title={t("queue.attempts")} end={<AttemptsSummary job={job} now={now} />}>
          <AttemptLine job={job} now={now} />
        </PeekSection>
      ) : null}
      <PeekSection
        title={
          <>
            {t("queue.tab.payload")} <span className={classes.size}>{format.bytes(payload.length)}</span>
          </>
        }
        end={<CopyButton value={JSON.stringify(job.input, null, 2)} what={t("queue.tab.payload")} />}
      >
        <JsonView value={job.input} label={t("queue.tab.payload")} maxLines={16} />
        <Redacted job={job} />
      </PeekSection>
      {job.output === null ? null : (
        <PeekSection title={t("queue.tab.result")}>
          <JsonView value={job.output} label={t("queue.tab.result")} maxLines={16} />
        </PeekSection>
      )}
      <PeekSection>
        <Facts facts={peekFacts(job, t)} />
      </PeekSection>
    </>
  );
}

function AttemptsSummary({ job, now }: { job: JobDetail; now: number }) {
  const t = useT();
  const format = useFormat();
  const first = job.attemptLog[0];
  if (!first) return null;
  const end = job.finishedAt === null ? now : Date.parse(job.finishedAt);
  return (
    <span className="num">
      {t("queue.attemptsIn", {
        count: job.attemptLog.length,
        time: format.duration(Math.max(0, end - Date.parse(first.startedAt))),
      })}
    </span>
  );
}

function Keys() {
  const t = useT();
  return (
    <>
      <span className={classes.key}>
        <KeyHint keys="j" /> <KeyHint keys="k" /> {t("queue.key.move")}
      </span>
      <span className={classes.key}>
        <KeyHint keys="Space" /> {t("ui.close")}
      </span>
      <span className={classes.key}>
        <KeyHint keys="x" /> {t("queue.key.select")}
      </span>
    </>
  );
}
