import { Link } from "@tanstack/react-router";
import type { Translate } from "../../../lib/i18n/i18n.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import type { Fact } from "../../../ui/Facts.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { Time } from "../../../ui/Time.tsx";
import { type JobDetail, shortId } from "../job.ts";
import classes from "./job-facts.module.css";

/** `job <id>` as the worker wrote it before a job's parent was kept. */
const PARENT = /^job ([0-9a-f-]{36})$/;

export function peekFacts(job: JobDetail, t: Translate): Fact[] {
  return [
    { label: t("queue.fact.queue"), value: <span className="mono">{job.queue}</span> },
    ...keyFacts(job, t),
    { label: t("queue.fact.enqueued"), value: <Time at={job.createdAt} as="time" /> },
    ...originFacts(job, t),
    ...processFacts(job, t),
  ];
}

export function detailFacts(job: JobDetail, t: Translate): Fact[] {
  return [
    { label: t("queue.fact.queue"), value: <QueueLink name={job.queue} /> },
    { label: t("queue.fact.priority"), value: <span className="num">{job.priority}</span> },
    {
      label: t("queue.fact.tries"),
      value: <span className="num">{t("queue.triesOf", { count: job.attempts, total: job.maxAttempts })}</span>,
    },
    ...keyFacts(job, t),
    ...processFacts(job, t),
    { label: t("queue.fact.dueAt"), value: <Time at={job.scheduledFor} as="dateTime" /> },
    ...(job.startedAt === null
      ? []
      : [{ label: t("queue.fact.started"), value: <Time at={job.startedAt} as="dateTime" /> }]),
    ...(job.finishedAt === null
      ? []
      : [{ label: t("queue.fact.finished"), value: <Time at={job.finishedAt} as="dateTime" /> }]),
    ...(job.expiresAt === null
      ? []
      : [{ label: t("queue.fact.expires"), value: <Time at={job.expiresAt} as="dateTime" /> }]),
  ];
}

export function originFacts(job: JobDetail, t: Translate): Fact[] {
  const parentId = job.parentId ?? (job.enqueuedBy === null ? undefined : PARENT.exec(job.enqueuedBy)?.[1]);
  return [
    {
      label: t("queue.fact.by"),
      value:
        parentId !== undefined ? (
          <Link to="/queue/jobs/$id" params={{ id: parentId }}>
            {t("queue.fact.parent", { id: shortId(parentId) })}
          </Link>
        ) : (
          (job.enqueuedBy ?? <span className="muted">{t("queue.fact.unknown")}</span>)
        ),
    },
    ...(job.scheduleId === null
      ? []
      : [
          {
            label: t("queue.fact.schedule"),
            value: (
              <Link to="/queue/schedules/$id" params={{ id: job.scheduleId }} className="mono">
                {shortId(job.scheduleId)}
              </Link>
            ),
          },
        ]),
    {
      label: t("queue.fact.request"),
      value:
        job.requestId === null ? (
          <span className="muted">{t("queue.fact.noRequest")}</span>
        ) : (
          <span className={classes.withCopy}>
            <span className="mono" title={job.requestId}>
              {shortId(job.requestId)}
            </span>
            <CopyButton value={job.requestId} what={t("ui.requestId")} />
          </span>
        ),
    },
  ];
}

/** What it can be found by, and what it shares limits by. */
function keyFacts(job: JobDetail, t: Translate): Fact[] {
  const { tags, key, dedupeKey } = job;
  return [
    ...(tags.length === 0
      ? []
      : [
          {
            label: t("queue.fact.tags"),
            value: (
              <span className={classes.tags}>
                {tags.map((tag) => (
                  <Link key={tag} to="/queue/jobs" search={{ tag }}>
                    <Tag mono>{tag}</Tag>
                  </Link>
                ))}
              </span>
            ),
          },
        ]),
    ...(key === null
      ? []
      : [
          {
            label: t("queue.fact.key"),
            value: (
              <Link to="/queue/jobs" search={{ key }} className="mono">
                {key}
              </Link>
            ),
          },
        ]),
    ...(dedupeKey === null
      ? []
      : [{ label: t("queue.fact.dedupe"), value: <span className={`mono ${classes.long}`}>{dedupeKey}</span> }]),
  ];
}

function processFacts({ attemptLog }: JobDetail, t: Translate): Fact[] {
  const last = attemptLog.at(-1);
  if (!last) return [];
  return [
    {
      label: t("queue.fact.process"),
      value: (
        <>
          <span className="mono" title={last.processId}>
            {shortId(last.processId)}
          </span>{" "}
          {last.version === null ? null : <span className="mono muted">{last.version} </span>}
          <span className="muted">{t("queue.fact.lastAttempt")}</span>
        </>
      ),
    },
  ];
}

function QueueLink({ name }: { name: string }) {
  return (
    <Link to="/queue/jobs" search={{ queue: name }} className="mono">
      {name}
    </Link>
  );
}
