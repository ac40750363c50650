import { Clock, CircleDot, Ellipsis, type LucideIcon } from "lucide-react";
import { type Format, useFormat } from "../../../lib/format.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import { isFinal, type JobDetail } from "../job.ts";
import classes from "./JobTimeline.module.css";
import { shorten, type TimelineEntry, timelineLooks, type Tone } from "./timeline-look.ts";

interface Step {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly title: string;
  readonly meta: string;
}

/** With how it stands, five steps: more do not fit beside each other. */
const SHOWN_MAX = 4;

interface JobTimelineProps {
  readonly job: JobDetail;
  readonly now: number;
  onAll(): void;
}

/** A job's life on one line, as the server kept it: how it began, what came last, and how it stands. */
export function JobTimeline({ job, now, onAll }: JobTimelineProps) {
  const t = useT();
  const format = useFormat();
  const { head, hidden, tail } = shorten(entriesOf(job), SHOWN_MAX);
  const standing = standingStep(job, now, t, format);
  const toStep = (entry: TimelineEntry): Step => stepOf(entry, job, t, format);
  return (
    <ol className={classes.line} aria-label={t("queue.timeline")}>
      {head.map((entry) => (
        <StepItem key={keyOf(entry)} step={toStep(entry)} />
      ))}
      {hidden > 0 ? (
        <li className={classes.step}>
          <Ellipsis size={16} className={classes.icon} aria-hidden />
          <button type="button" className={classes.more} onClick={onAll}>
            {t("queue.timeline.more", { count: hidden })}
          </button>
        </li>
      ) : null}
      {tail.map((entry) => (
        <StepItem key={keyOf(entry)} step={toStep(entry)} />
      ))}
      {standing ? <StepItem step={standing} /> : null}
    </ol>
  );
}

/** All of it, one below the other, with who did it and what was said. */
export function TimelineList({ job }: { job: JobDetail }) {
  const t = useT();
  const format = useFormat();
  return (
    <ol className={classes.list}>
      {entriesOf(job).map((entry) => {
        const { icon: Icon, tone } = timelineLooks[entry.kind];
        return (
          <li key={keyOf(entry)} className={classes.entry}>
            <time dateTime={entry.at} className="muted num">
              {format.time(entry.at)}.{entry.at.slice(20, 23)}
            </time>
            <Icon size={14} className={classes.icon} data-tone={tone} aria-hidden />
            <span>
              <span className="medium">{titleOf(entry, t)}</span>
              {entry.by === null ? null : <span className="muted"> {t("queue.event.by", { who: entry.by })}</span>}
              {entry.note === null ? null : <span className={classes.note}>{entry.note}</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function StepItem({ step: { icon: Icon, tone, title, meta } }: { step: Step }) {
  return (
    <li className={classes.step}>
      <Icon size={16} className={classes.icon} data-tone={tone} aria-hidden />
      <div>
        <p className={classes.title}>{title}</p>
        <p className={classes.meta}>{meta}</p>
      </div>
    </li>
  );
}

/** A job from before timelines were kept began all the same. */
function entriesOf({ timeline, createdAt, enqueuedBy }: JobDetail): readonly TimelineEntry[] {
  return timeline.length > 0
    ? timeline
    : [{ at: createdAt, kind: "enqueued", by: enqueuedBy, attempt: null, note: null }];
}

function keyOf({ at, kind, attempt }: TimelineEntry): string {
  return `${at} ${kind} ${attempt}`;
}

function titleOf({ kind, attempt }: TimelineEntry, t: Translate): string {
  if (attempt !== null && (kind === "started" || kind === "failed" || kind === "lost")) {
    return t(`queue.event.${kind}Of`, { number: attempt });
  }
  return t(`queue.event.${kind}`);
}

function stepOf(entry: TimelineEntry, job: JobDetail, t: Translate, format: Format): Step {
  const isEnd = entry.kind === "completed" || entry.kind === "discarded";
  const inAll = Math.max(0, Date.parse(entry.at) - Date.parse(job.createdAt));
  const time = format.time(entry.at);
  return {
    id: keyOf(entry),
    ...timelineLooks[entry.kind],
    title: titleOf(entry, t),
    meta: isEnd ? t("queue.step.inAll", { time, total: format.duration(inAll) }) : time,
  };
}

/** How it stands, while it is not over: what ended it is the last entry. */
function standingStep(job: JobDetail, now: number, t: Translate, format: Format): Step | undefined {
  if (isFinal(job.state)) return undefined;
  const due = Date.parse(job.scheduledFor);
  const word = t(`status.${jobStatus[job.state]}`);
  const since = (fromMs: number): string => t("queue.step.for", { time: format.duration(Math.max(0, now - fromMs)) });
  const at = t("queue.step.at", { time: format.time(due), in: format.clock(Math.max(0, due - now + 999)) });
  switch (job.state) {
    case "executing":
      return {
        id: "now",
        icon: CircleDot,
        tone: "accent",
        title: t("queue.badge", { word, tries: `${job.attempts}/${job.maxAttempts}` }),
        meta: job.startedAt === null ? "" : since(Date.parse(job.startedAt)),
      };
    case "retryable":
      return { id: "now", icon: Clock, tone: "warn", title: t("queue.step.nextTry"), meta: at };
    case "scheduled":
      return { id: "now", icon: Clock, tone: "muted", title: word, meta: at };
    default:
      return { id: "now", icon: Clock, tone: "muted", title: word, meta: since(due) };
  }
}
