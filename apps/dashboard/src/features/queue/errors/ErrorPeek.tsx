import { Link } from "@tanstack/react-router";
import { RotateCw, Trash2 } from "lucide-react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { JsonView, StackView } from "../../../ui/CodeBlock.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Facts } from "../../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { Sparkline } from "../../../ui/Sparkline.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { Time } from "../../../ui/Time.tsx";
import { shortId, shortStack } from "../job.ts";
import type { ErrorGroup } from "./error-group.ts";
import classes from "./Errors.module.css";
import type { ErrorActs } from "./use-error-acts.tsx";

interface ErrorPeekProps {
  readonly fingerprint: string;
  /** The row of the list, shown until the answer is here. */
  readonly row: ErrorGroup | undefined;
  readonly acts: ErrorActs;
  onClose(): void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

/** One group: what its jobs can have done to them, one of them with its stack, and where it was seen. */
export function ErrorPeek({ fingerprint, row, acts, onClose, onPrevious, onNext }: ErrorPeekProps) {
  const t = useT();
  // The list is the fresher one while the group is in it.
  const query = trpc.queue.errors.get.useQuery({ fingerprint }, { enabled: row === undefined });
  const group = row ?? query.data;
  useShortcut("Space", t("peek.close"), onClose);
  return (
    <PeekPanel
      label={t("queueErrors.peek", { name: group?.errorName ?? fingerprint })}
      title={
        <>
          <span className="truncate">{group?.errorName ?? fingerprint}</span>
          {group ? <Tag mono>{group.name}</Tag> : null}
        </>
      }
      actions={group ? <GroupButtons group={group} acts={acts} /> : null}
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      {group ? (
        <Group group={group} />
      ) : (
        <AsyncView query={query} errorTitle={t("queueErrors.oneFailed")}>
          {(found) => <Group group={found} />}
        </AsyncView>
      )}
    </PeekPanel>
  );
}

function GroupButtons({ group, acts }: { group: ErrorGroup; acts: ErrorActs }) {
  const t = useT();
  return (
    <>
      <ActionButton
        keys="r"
        leftSection={<RotateCw size={16} />}
        disabledReason={acts.offBecause(group)}
        onClick={() => acts.start("retry", group)}
      >
        {t("queueErrors.retry")}
      </ActionButton>
      <ActionButton
        tone="danger"
        leftSection={<Trash2 size={16} />}
        disabledReason={acts.offBecause(group)}
        onClick={() => acts.start("delete", group)}
      >
        {t("queueErrors.delete")}
      </ActionButton>
      <Link to="/queue/jobs" search={{ fingerprint: group.fingerprint }} className={classes.open}>
        {t("queueErrors.showJobs")}
      </Link>
    </>
  );
}

function Group({ group }: { group: ErrorGroup }) {
  const t = useT();
  const format = useFormat();
  const perHour = group.trend.reduce((sum, count) => sum + count, 0);
  return (
    <>
      <PeekSection>
        <p className={classes.message}>{group.message}</p>
      </PeekSection>
      <PeekSection title={t("queueErrors.lastHour")} end={t("queueErrors.attemptsCount", { count: perHour })}>
        <Sparkline points={group.trend} height={48} />
      </PeekSection>
      <PeekSection>
        <Facts
          facts={[
            { label: t("queueErrors.column.failed"), value: countOf(group.discarded, group, format.number) },
            { label: t("queueErrors.column.retrying"), value: countOf(group.retryable, group, format.number) },
            { label: t("queueErrors.column.attempts"), value: format.number(group.attempts) },
            { label: t("queueErrors.column.firstSeen"), value: <Time at={group.firstSeenAt} as="dateTime" /> },
            { label: t("queueErrors.column.lastSeen"), value: <Time at={group.lastSeenAt} as="dateTime" /> },
            { label: t("queue.fact.queue"), value: <code className="mono">{group.queue}</code> },
            {
              label: t("queueErrors.column.place"),
              value: group.place === null ? t("queueErrors.noPlace") : <code className="mono">{group.place}</code>,
            },
            { label: t("queueErrors.versions"), value: <Versions versions={group.versions} /> },
            {
              label: t("queueErrors.fingerprint"),
              value: (
                <span className={classes.value}>
                  <code className="mono">{group.fingerprint}</code>
                  <CopyButton value={group.fingerprint} what={t("queueErrors.fingerprint")} />
                </span>
              ),
            },
          ]}
        />
      </PeekSection>
      <Sample jobId={group.lastJobId} />
    </>
  );
}

/** The job that failed last: it may have been deleted since, and then the group still stands. */
function Sample({ jobId }: { jobId: string }) {
  const t = useT();
  const job = trpc.queue.jobs.get.useQuery({ id: jobId });
  return (
    <PeekSection
      title={t("queueErrors.sample")}
      end={
        <Link to="/queue/jobs/$id" params={{ id: jobId }} className="mono">
          {shortId(jobId)}
        </Link>
      }
    >
      <AsyncView query={job} skeleton={<SkeletonLines lines={4} />} errorTitle={t("queueErrors.sampleFailed")}>
        {(found) => (
          <>
            {found.error ? (
              <StackView {...found.error} stack={shortStack(found.error.stack)} label={t("queueErrors.stack")} />
            ) : (
              <p className="muted meta">{t("queueErrors.sampleFine")}</p>
            )}
            <JsonView value={found.input} label={t("queue.tab.payload")} maxLines={12} />
          </>
        )}
      </AsyncView>
    </PeekSection>
  );
}

function Versions({ versions }: { versions: readonly string[] }) {
  const t = useT();
  if (versions.length === 0) return <span className="muted">{t("queue.fact.unknown")}</span>;
  return (
    <span className={classes.tags}>
      {versions.map((version) => (
        <Tag key={version} mono>
          {version}
        </Tag>
      ))}
    </span>
  );
}

function countOf(count: number, { isCapped }: ErrorGroup, number: (value: number) => string): string {
  return isCapped && count >= 10_000 ? `≥ ${number(count)}` : number(count);
}
