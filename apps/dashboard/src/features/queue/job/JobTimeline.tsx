import { Ban, Check, CircleDot, CirclePlus, Clock, Hand, type LucideIcon, RotateCw, X } from "lucide-react";
import { useFormat, type Format } from "../../../lib/format.ts";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import { type JobDetail, shortId } from "../job.ts";
import classes from "./JobTimeline.module.css";

interface Step {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly tone: "muted" | "ok" | "warn" | "bad" | "accent";
  readonly title: string;
  readonly meta: string;
}

/** A job's life on one line: stored, claimed, the first try, what came between, and how it stands. */
export function JobTimeline({ job, now }: { job: JobDetail; now: number }) {
  const t = useT();
  const format = useFormat();
  return (
    <ol className={classes.line} aria-label={t("queue.timeline")}>
      {stepsOf(job, now, t, format).map(({ id, icon: Icon, tone, title, meta }) => (
        <li key={id} className={classes.step}>
          <Icon size={16} className={classes.icon} data-tone={tone} aria-hidden />
          <div>
            <p className={classes.title}>{title}</p>
            <p className={classes.meta}>{meta}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function stepsOf(job: JobDetail, now: number, t: Translate, format: Format): Step[] {
  const created = Date.parse(job.createdAt);
  const enqueued: Step = {
    id: "enqueued",
    icon: CirclePlus,
    tone: "muted",
    title: t("queue.step.enqueued"),
    meta: format.time(created),
  };
  const first = job.attemptLog[0];
  if (!first) return [enqueued, lastStep(job, now, t, format)];
  const claimed: Step = {
    id: "claimed",
    icon: Hand,
    tone: "muted",
    title: t("queue.step.claimed", { process: shortId(first.processId) }),
    meta: t("queue.step.waited", {
      time: format.time(first.startedAt),
      waited: format.duration(Math.max(0, Date.parse(first.startedAt) - created)),
    }),
  };
  return [enqueued, claimed, ...middleSteps(job, t, format), lastStep(job, now, t, format)];
}

/** What lies between the first claim and the end: the first failure, and the tries after it as one step. */
function middleSteps(job: JobDetail, t: Translate, format: Format): Step[] {
  const [first, ...others] = job.attemptLog;
  if (
    !first ||
    first.outcome === "running" ||
    (others.length === 0 && job.state !== "retryable" && job.state !== "available")
  )
    return [];
  const steps: Step[] = [
    {
      id: "first",
      icon: X,
      tone: "bad",
      title: t("queue.step.tryFailed", { number: 1, total: job.maxAttempts }),
      meta: first.finishedAt === null ? "" : format.time(first.finishedAt),
    },
  ];
  // The last try is told by the last step.
  const between = job.state === "retryable" || job.state === "available" ? others : others.slice(0, -1);
  const [from, to] = [between[0], between.at(-1)];
  if (from && to) {
    steps.push({
      id: "retries",
      icon: RotateCw,
      tone: "warn",
      title: t("queue.step.moreTries", { count: between.length }),
      meta:
        from === to
          ? format.time(from.startedAt)
          : t("queue.step.span", { from: format.time(from.startedAt), to: format.time(to.finishedAt ?? to.startedAt) }),
    });
  }
  return steps;
}

function lastStep(job: JobDetail, now: number, t: Translate, format: Format): Step {
  const due = Date.parse(job.scheduledFor);
  const tries = `${job.attempts}/${job.maxAttempts}`;
  const word = t(`status.${jobStatus[job.state]}`);
  const ended = (): string => {
    const at = job.finishedAt ?? job.createdAt;
    const total = format.duration(Math.max(0, Date.parse(at) - Date.parse(job.createdAt)));
    return t("queue.step.inAll", { time: format.time(at), total });
  };
  switch (job.state) {
    case "completed":
      return { id: "end", icon: Check, tone: "ok", title: word, meta: ended() };
    case "discarded":
      return { id: "end", icon: X, tone: "bad", title: t("queue.badge", { word, tries }), meta: ended() };
    case "cancelled":
      return { id: "end", icon: Ban, tone: "muted", title: word, meta: ended() };
    case "executing":
      return {
        id: "end",
        icon: CircleDot,
        tone: "accent",
        title: t("queue.badge", { word, tries }),
        meta:
          job.startedAt === null
            ? ""
            : t("queue.step.for", { time: format.duration(Math.max(0, now - Date.parse(job.startedAt))) }),
      };
    case "retryable":
      return { id: "end", icon: Clock, tone: "warn", title: t("queue.step.nextTry"), meta: meta(due, now, format, t) };
    case "scheduled":
      return { id: "end", icon: Clock, tone: "muted", title: word, meta: meta(due, now, format, t) };
    case "available":
      return {
        id: "end",
        icon: Clock,
        tone: "muted",
        title: word,
        meta: t("queue.step.for", { time: format.duration(Math.max(0, now - due)) }),
      };
  }
}

function meta(due: number, now: number, format: Format, t: Translate): string {
  return t("queue.step.at", {
    time: format.time(due),
    in: due > now ? format.clock(due - now + 999) : format.clock(0),
  });
}
