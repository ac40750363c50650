import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Meter } from "../../../ui/Meter.tsx";
import { slotsOf, type WorkerRow } from "./worker.ts";
import classes from "./Workers.module.css";

/** More are drawn as one meter: cells of a pixel tell nothing. */
const CELLS_MAX = 24;

/** A cell for each slot, filled where a job runs, queue after queue; with the figure beside it. */
export function SlotHeat({ worker }: { worker: WorkerRow }) {
  const t = useT();
  const format = useFormat();
  const { used, total } = slotsOf(worker);
  const isFull = total > 0 && used >= total;
  const label = t("queueWorkers.slots.used", { used, total });
  return (
    <span className={classes.slots}>
      {total > CELLS_MAX ? (
        <span className={classes.meter}>
          <Meter share={used / total} label={label} tone={isFull ? "warn" : "accent"} height={8} />
        </span>
      ) : (
        <span className={classes.heat} role="img" aria-label={label}>
          {worker.queues.map((queue) => (
            <span key={queue.name} className={classes.cells} title={`${queue.name} ${queue.used}/${queue.slots}`}>
              {Array.from({ length: queue.slots }, (_, index) => (
                <span key={index} className={classes.cell} data-used={index < queue.used || undefined} />
              ))}
            </span>
          ))}
        </span>
      )}
      <span className={`num nowrap ${isFull ? "warn" : ""}`}>
        {format.number(used)}/{format.number(total)}
      </span>
    </span>
  );
}
