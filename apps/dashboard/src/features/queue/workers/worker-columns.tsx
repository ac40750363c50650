import { useMemo } from "react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Column, NarrowRow } from "../../../ui/table/column.ts";
import { Time } from "../../../ui/Time.tsx";
import { SlotHeat } from "./SlotHeat.tsx";
import { slotsOf, type WorkerRow } from "./worker.ts";
import { Drain, Heartbeat, LoopDelay, Version, WorkerBadge } from "./WorkerBits.tsx";
import classes from "./Workers.module.css";

/** Left out beside an open panel, which has them. */
const ROOMY = new Set(["started", "memory", "loop", "queues"]);

export function useWorkerColumns(
  versions: readonly string[],
  asOf: string,
  isTight: boolean,
): readonly Column<WorkerRow>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(() => {
    const all: readonly Column<WorkerRow>[] = [
      {
        id: "process",
        header: t("queueWorkers.column.process"),
        cell: (worker) => (
          <span title={worker.id}>
            <span className="medium">{worker.host}</span> <span className="muted num">{worker.pid}</span>
          </span>
        ),
      },
      {
        id: "version",
        header: t("queueWorkers.column.version"),
        // Room for the sign of an odd version only where there is one.
        width: versions.length > 1 ? 164 : 108,
        cell: (worker) => <Version worker={worker} versions={versions} />,
      },
      {
        id: "queues",
        header: t("queueWorkers.column.queues"),
        look: "mono",
        cell: (worker) => {
          const names = worker.queues.map(({ name }) => name).join(", ");
          return <span title={names}>{names}</span>;
        },
      },
      {
        id: "slots",
        header: t("queueWorkers.column.slots"),
        width: 196,
        cell: (worker) => <SlotHeat worker={worker} />,
      },
      {
        id: "seen",
        header: t("queueWorkers.column.heartbeat"),
        width: 96,
        align: "end",
        cell: (worker) => <Heartbeat worker={worker} asOf={asOf} />,
      },
      {
        id: "loop",
        header: <span title={t("queueWorkers.loop.why")}>{t("queueWorkers.column.loop")}</span>,
        width: 104,
        align: "end",
        cell: (worker) => <LoopDelay worker={worker} />,
      },
      {
        id: "memory",
        header: t("queueWorkers.column.memory"),
        width: 84,
        align: "end",
        cell: ({ memoryBytes }) =>
          memoryBytes === null ? <span className="muted">—</span> : format.bytes(memoryBytes),
      },
      {
        id: "started",
        header: t("queueWorkers.column.started"),
        width: 104,
        align: "end",
        look: "muted",
        cell: ({ startedAt }) => <Time at={startedAt} />,
      },
      {
        id: "state",
        header: t("queueWorkers.column.state"),
        width: 200,
        cell: (worker) => (
          <span className={classes.state}>
            <WorkerBadge worker={worker} /> <Drain worker={worker} />
          </span>
        ),
      },
    ];
    return isTight ? all.filter(({ id }) => !ROOMY.has(id)) : all;
  }, [t, format, versions, asOf, isTight]);
}

/** The row on a phone. */
export function useNarrowWorker(): (worker: WorkerRow) => NarrowRow {
  const t = useT();
  return (worker) => ({
    title: `${worker.host} ${worker.pid}`,
    meta: (
      <>
        {worker.version} · {t("queueWorkers.slots.used", slotsOf(worker))}
      </>
    ),
    end: <WorkerBadge worker={worker} />,
  });
}
