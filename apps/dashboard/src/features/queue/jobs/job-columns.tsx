import { type Format, useFormat } from "../../../lib/format.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import type { Column, NarrowRow } from "../../../ui/table/column.ts";
import { type Job, type QueueRow, shortId, tookMs } from "../job.ts";
import { JobWhy } from "./JobWhy.tsx";
import classes from "./JobsTable.module.css";

interface RowContext {
  readonly now: number;
  /** Without a peek beside it there is room for long names. */
  readonly isWide: boolean;
  /** There is room for another column. */
  readonly hasTags: boolean;
  readonly goneIds: ReadonlySet<string>;
  readonly queues: ReadonlyMap<string, QueueRow>;
}

export interface JobRowView {
  readonly columns: readonly Column<Job>[];
  narrow(job: Job): NarrowRow;
}

export function useJobRows(context: RowContext): JobRowView {
  const t = useT();
  const format = useFormat();
  return { columns: columnsOf(t, format, context), narrow: (job) => narrowOf(t, format, context, job) };
}

function columnsOf(t: Translate, format: Format, { now, isWide, hasTags, goneIds, queues }: RowContext): Column<Job>[] {
  return [
    { id: "id", header: t("queue.column.job"), width: 86, look: "mono", cell: (job) => shortId(job.id) },
    {
      id: "name",
      header: t("queue.column.name"),
      width: isWide ? 184 : 128,
      look: "mono",
      cell: (job) => <span title={job.name}>{job.name}</span>,
    },
    {
      id: "status",
      header: t("queue.column.status"),
      width: 102,
      cell: (job) => <StatusBadge status={jobStatus[job.state]} />,
    },
    {
      id: "tries",
      header: t("queue.column.tries"),
      width: 52,
      align: "end",
      cell: (job) => `${job.attempts}/${job.maxAttempts}`,
    },
    {
      id: "age",
      header: t("queue.column.age"),
      width: 76,
      align: "end",
      cell: (job) => format.duration(secondsOf(now - Date.parse(job.createdAt))),
    },
    { id: "took", header: t("queue.column.took"), width: 76, align: "end", cell: (job) => tookOf(format, job, now) },
    ...(hasTags
      ? [
          {
            id: "tags",
            header: t("queue.column.tags"),
            width: 168,
            cell: (job: Job) => <JobTags job={job} />,
          },
        ]
      : []),
    {
      id: "why",
      header: t("queue.column.why"),
      look: "muted",
      cell: (job) => <JobWhy job={job} queue={queues.get(job.queue)} isGone={goneIds.has(job.id)} now={now} />,
    },
  ];
}

function narrowOf(t: Translate, format: Format, { now, goneIds, queues }: RowContext, job: Job): NarrowRow {
  const age = format.duration(secondsOf(now - Date.parse(job.createdAt)));
  return {
    title: (
      <span className="mono">
        {job.name} <span className="muted">{shortId(job.id)}</span>
      </span>
    ),
    meta: (
      <>
        <span className="num">{t("queue.narrow.meta", { age, tries: `${job.attempts}/${job.maxAttempts}` })}</span>{" "}
        <JobWhy job={job} queue={queues.get(job.queue)} isGone={goneIds.has(job.id)} now={now} />
      </>
    ),
    end: <StatusBadge status={jobStatus[job.state]} />,
  };
}

/** Its key, and the tags it can be found by. */
function JobTags({ job: { key, tags } }: { job: Job }) {
  if (key === null && tags.length === 0) return <span className="muted">—</span>;
  return (
    <span className={classes.tags} title={[...(key === null ? [] : [key]), ...tags].join(" · ")}>
      {key === null ? null : (
        <Tag mono strong>
          {key}
        </Tag>
      )}
      {tags.map((tag) => (
        <Tag key={tag} mono>
          {tag}
        </Tag>
      ))}
    </span>
  );
}

function tookOf(format: Format, job: Job, now: number): string {
  const ms = tookMs(job, now);
  return ms === null ? "—" : format.duration(ms);
}

/** An age moves in whole seconds: tenths that never change would only look precise. */
function secondsOf(ms: number): number {
  return Math.max(1000, Math.floor(ms / 1000) * 1000);
}
