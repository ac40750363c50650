import { useMediaQuery } from "@mantine/hooks";
import { useMemo } from "react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { usePreferences } from "../../../lib/preferences.tsx";
import type { Column, NarrowRow } from "../../../ui/table/column.ts";
import { Tag } from "../../../ui/Tag.tsx";
import { Time } from "../../../ui/Time.tsx";
import { LastRun, NextHere, NextThere, ScheduleBadge } from "./ScheduleBits.tsx";
import { type Schedule, wordsOf } from "./schedule.ts";
import classes from "./Schedules.module.css";

/** Left out in a window with little room: the page of the schedule has them. */
const ROOMY = new Set(["job", "here"]);

export function useScheduleColumns(): readonly Column<Schedule>[] {
  const t = useT();
  const { zoneLabel } = useFormat();
  const [{ language }] = usePreferences();
  const isTight = useMediaQuery("(max-width: 1199px)", false, { getInitialValueInEffect: false });
  return useMemo(() => {
    const all: readonly Column<Schedule>[] = [
      { id: "name", header: t("queueSchedules.column.name"), cell: (row) => <Name schedule={row} /> },
      {
        id: "job",
        header: t("queueSchedules.column.job"),
        width: 160,
        look: "mono",
        cell: (row) => row.jobName,
      },
      {
        id: "when",
        header: t("queueSchedules.column.when"),
        cell: (row) => <span title={row.cron ?? undefined}>{wordsOf(row, language)}</span>,
      },
      {
        id: "there",
        header: t("queueSchedules.column.next"),
        width: 216,
        cell: (row) => <NextThere schedule={row} />,
      },
      {
        id: "here",
        header: t("queueSchedules.column.here", { zone: zoneLabel }),
        width: 200,
        look: "muted",
        cell: (row) => <NextHere schedule={row} />,
      },
      { id: "last", header: t("queueSchedules.column.last"), width: 168, cell: (row) => <LastRun schedule={row} /> },
      {
        id: "state",
        header: t("queueSchedules.column.state"),
        width: 96,
        cell: (row) => <ScheduleBadge schedule={row} />,
      },
    ];
    return isTight ? all.filter(({ id }) => !ROOMY.has(id)) : all;
  }, [t, zoneLabel, language, isTight]);
}

export function useNarrowSchedule(): (schedule: Schedule) => NarrowRow {
  const [{ language }] = usePreferences();
  return (schedule) => ({
    title: schedule.name,
    meta: (
      <>
        {wordsOf(schedule, language)}
        {schedule.nextAt && schedule.pausedAt === null ? (
          <>
            {" · "}
            <Time at={schedule.nextAt} />
          </>
        ) : null}
      </>
    ),
    end: <ScheduleBadge schedule={schedule} />,
  });
}

function Name({ schedule }: { schedule: Schedule }) {
  const t = useT();
  return (
    <span className={classes.name}>
      <span className="medium truncate" title={schedule.name}>
        {schedule.name}
      </span>
      {schedule.origin === "definition" ? <Tag>{t("queueSchedules.ofCode")}</Tag> : null}
    </span>
  );
}
