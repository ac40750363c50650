import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { usePreferences } from "../../../lib/preferences.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { ClockChanges, NextRuns } from "./NextRuns.tsx";
import { type Timing, wordsOf } from "./schedule.ts";
import classes from "./Schedules.module.css";

const TYPING_MS = 250;
const NEXT = 5;

/** What a timing comes to, as the server reads it: in words, the next five times in both zones, and the days of clock changes. */
export function SchedulePreview({ timing }: { timing: Timing | undefined }) {
  const t = useT();
  const [{ language }] = usePreferences();
  const [asked] = useDebouncedValue(timing, TYPING_MS, { leading: true });
  const preview = trpc.queue.schedules.preview.useQuery(
    { cron: asked?.cron ?? null, everyMs: asked?.everyMs ?? null, timeZone: asked?.timeZone ?? "UTC", count: NEXT },
    { enabled: asked !== undefined, placeholderData: keepPreviousData },
  );
  if (timing === undefined || asked === undefined) {
    return <p className="muted meta">{t("queueSchedules.preview.incomplete")}</p>;
  }
  if (preview.error) {
    return (
      <p className="bad meta" role="alert">
        {toAppError(preview.error).message}
      </p>
    );
  }
  if (!preview.data) return <SkeletonLines lines={NEXT + 1} />;
  return (
    <>
      <p className={classes.words} aria-live="polite">
        {wordsOf({ ...preview.data, cron: asked.cron }, language)}
      </p>
      <NextRuns next={preview.data.next} timeZone={asked.timeZone} />
      <ClockChanges changes={preview.data.clockChanges} timeZone={asked.timeZone} />
    </>
  );
}
