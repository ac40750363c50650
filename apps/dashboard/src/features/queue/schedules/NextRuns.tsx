import { TriangleAlert } from "lucide-react";
import { useNow } from "../../../lib/clock.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue-schedules.ts";
import type { Outputs } from "../../../lib/trpc.ts";
import classes from "./Schedules.module.css";
import { useZoned } from "./zoned.ts";

type Preview = Outputs["queue"]["schedules"]["preview"];
type ClockChange = Preview["clockChanges"][number];

/** Of several changes only the first few are told: the rest are the same a half year later. */
const CHANGES_SHOWN = 4;

interface NextRunsProps {
  readonly next: readonly string[];
  readonly timeZone: string;
}

/** The next times in the zone of the schedule, in the reader's, and how long from now. */
export function NextRuns({ next, timeZone }: NextRunsProps) {
  const t = useT();
  const format = useFormat();
  const now = useNow(10_000);
  const there = useZoned(timeZone);
  const here = useZoned(format.timeZone);
  const isSame = timeZone === format.timeZone;
  if (next.length === 0) return <p className="warn meta">{t("queueSchedules.neverRuns")}</p>;
  return (
    <table className={classes.next} aria-label={t("queueSchedules.next")}>
      <thead>
        <tr>
          <th scope="col">{timeZone}</th>
          {isSame ? null : <th scope="col">{t("queueSchedules.yourZone", { zone: format.timeZone })}</th>}
          <th scope="col">{t("queueSchedules.fromNow")}</th>
        </tr>
      </thead>
      <tbody>
        {next.map((at) => (
          <tr key={at}>
            <td>{there.moment(at)}</td>
            {isSame ? null : <td>{here.moment(at)}</td>}
            <td>{format.relative(at, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ClockChangesProps {
  readonly changes: readonly ClockChange[];
  readonly timeZone: string;
}

/** Days within a year on which the clocks of the zone skip or repeat a time of the schedule. */
export function ClockChanges({ changes, timeZone }: ClockChangesProps) {
  const t = useT();
  if (changes.length === 0) {
    return <p className="muted meta">{t("queueSchedules.changes.none", { zone: timeZone })}</p>;
  }
  return (
    <ul className={classes.changes} aria-label={t("queueSchedules.changes")}>
      {changes.slice(0, CHANGES_SHOWN).map((change) => (
        <li key={`${change.day} ${change.time} ${change.kind}`} className={classes.change}>
          <TriangleAlert size={14} className="warn" aria-hidden />
          <span>
            <ChangeWords change={change} timeZone={timeZone} />
          </span>
        </li>
      ))}
      {changes.length > CHANGES_SHOWN ? (
        <li className="muted meta">{t("queueSchedules.changes.more", { count: changes.length - CHANGES_SHOWN })}</li>
      ) : null}
    </ul>
  );
}

function ChangeWords({ change, timeZone }: { change: ClockChange; timeZone: string }) {
  const t = useT();
  const format = useFormat();
  const zoned = useZoned(timeZone);
  const { kind, day, time, runsAt } = change;
  const when = { day: dayOf(day, format.date), time };
  const [first] = runsAt;
  if (kind === "skipped") {
    return first === undefined
      ? t("queueSchedules.change.skipped", when)
      : t("queueSchedules.change.moved", { ...when, at: zoned.moment(first) });
  }
  return t(runsAt.length > 1 ? "queueSchedules.change.twice" : "queueSchedules.change.once", {
    ...when,
    at: format.list(runsAt.map((at) => zoned.moment(at))),
  });
}

/** A day has no zone: noon of it in UTC is the same day for whoever reads, but for the far edges of the Pacific. */
function dayOf(day: string, date: (at: string) => string): string {
  return date(`${day}T12:00:00.000Z`);
}
