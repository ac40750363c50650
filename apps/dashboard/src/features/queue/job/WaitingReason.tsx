import { Link } from "@tanstack/react-router";
import { Hourglass } from "lucide-react";
import { useNow } from "../../../lib/clock.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { type JobDetail, shortId, type Waiting } from "../job.ts";
import classes from "./WaitingReason.module.css";

/** What an operator has to do something about; the others pass by themselves. */
const warnings: ReadonlySet<Waiting["kind"]> = new Set(["paused", "undefined", "unserved"]);

/** Why a job does not run: in the reader's language and zone, from the parts of the server's own sentence. */
export function WaitingReason({ job }: { job: JobDetail }) {
  const { waiting } = job;
  if (waiting === null && job.waitingReason === null) return null;
  return (
    <div className={classes.reason} data-warn={(waiting !== null && warnings.has(waiting.kind)) || undefined}>
      <Hourglass size={14} aria-hidden />
      <p>
        {waiting === null ? job.waitingReason : <Sentence waiting={waiting} />}
        {waiting && "holders" in waiting && waiting.holders.length > 0 ? <Holders holders={waiting.holders} /> : null}
      </p>
    </div>
  );
}

function Sentence({ waiting }: { waiting: Waiting }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const leftUntil = (until: string): string => format.clock(Math.max(0, Date.parse(until) - now + 999));
  switch (waiting.kind) {
    case "paused":
      return waiting.by === null
        ? t("queue.waiting.paused", { queue: waiting.queue })
        : t("queue.waiting.pausedBy", { queue: waiting.queue, who: waiting.by });
    case "undefined":
      return t("queue.waiting.undefined", { name: waiting.name });
    case "unserved":
      return waiting.quiet > 0
        ? t("queue.waiting.quiet", { queue: waiting.queue, count: waiting.quiet })
        : t("queue.waiting.unserved", { queue: waiting.queue });
    case "delayed":
      return t("queue.waiting.scheduled", {
        time: format.dateTime(waiting.until),
        in: format.relative(waiting.until, now),
      });
    case "retry":
      return t("queue.waiting.retry", {
        number: waiting.attempt,
        total: waiting.of,
        time: format.time(waiting.until),
        in: leftUntil(waiting.until),
      });
    case "limit":
      return t(`queue.waiting.limit.${waiting.scope}`, { of: waiting.of, count: waiting.limit });
    case "rate":
      return t("queue.waiting.rate", {
        of: waiting.of,
        limit: format.number(waiting.limit),
        per: format.span(waiting.perMs),
        time: format.time(waiting.until),
        in: leftUntil(waiting.until),
      });
    case "slots":
      return (
        <>
          {t("queue.waiting.slots", { used: waiting.used, count: waiting.total })} <Place {...waiting} />
        </>
      );
    case "position":
      return <Place {...waiting} />;
  }
}

type PlaceProps = Pick<Extract<Waiting, { kind: "position" }>, "position" | "isPositionExact" | "expectedStartAt">;

function Place({ position, isPositionExact, expectedStartAt }: PlaceProps) {
  const t = useT();
  const format = useFormat();
  const place = t(isPositionExact ? "queue.waiting.place" : "queue.waiting.placeAbout", {
    number: format.number(position),
  });
  return expectedStartAt === null
    ? place
    : `${place} ${t("queue.waiting.expected", { time: format.time(expectedStartAt) })}`;
}

/** The jobs that have what this one waits for. */
function Holders({ holders }: { holders: Extract<Waiting, { kind: "slots" }>["holders"] }) {
  const t = useT();
  return (
    <>
      {" "}
      {t("queue.waiting.holders")}{" "}
      {holders.map(({ jobId, name }, index) => (
        <span key={jobId}>
          {index > 0 ? ", " : null}
          <Link to="/queue/jobs/$id" params={{ id: jobId }} className="mono">
            {name} {shortId(jobId)}
          </Link>
        </span>
      ))}
    </>
  );
}
