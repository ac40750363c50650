import { useT } from "../../../lib/i18n/i18n.tsx";
import { usePreferences } from "../../../lib/preferences.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { Facts } from "../../../ui/Facts.tsx";
import { Time } from "../../../ui/Time.tsx";
import { type Schedule, wordsOf } from "./schedule.ts";
import { useZoned } from "./zoned.ts";

/** More are not counted. */
const RUNS_READ = 200;

/** What goes when a schedule is deleted, and what stays. */
export function DeletePreview({ schedule }: { schedule: Schedule }) {
  const t = useT();
  const [{ language }] = usePreferences();
  const zoned = useZoned(schedule.timeZone);
  const runs = trpc.queue.schedules.runs.useQuery({ id: schedule.id, limit: RUNS_READ });
  const count = runs.data?.items.length;
  return (
    <Facts
      facts={[
        { label: t("queueSchedules.column.job"), value: <code className="mono">{schedule.jobName}</code> },
        { label: t("queueSchedules.column.when"), value: wordsOf(schedule, language) },
        {
          label: t("queueSchedules.delete.next"),
          value: schedule.nextAt ? (
            <>
              {zoned.moment(schedule.nextAt)} (<Time at={schedule.nextAt} />)
            </>
          ) : (
            t("ui.none")
          ),
        },
        {
          label: t("queueSchedules.delete.history"),
          value:
            count === undefined
              ? "…"
              : runs.data?.nextCursor
                ? t("queueSchedules.delete.runsMany", { count })
                : t("queueSchedules.delete.runs", { count }),
        },
        { label: t("queueSchedules.delete.stays"), value: t("queueSchedules.delete.jobsStay") },
      ]}
    />
  );
}
