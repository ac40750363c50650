import { useNow } from "../lib/clock.ts";
import { toMs, useFormat } from "../lib/format.ts";

export interface TimeProps {
  readonly at: string | number;
  /** `relative` moves ("2 min ago"), the others stand still. Default relative. */
  readonly as?: "relative" | "time" | "date" | "dateTime";
}

/** An instant. Hovering tells it in the reader's zone, in UTC and as an epoch. */
export function Time({ at, as = "relative" }: TimeProps) {
  const format = useFormat();
  const ms = toMs(at);
  const iso = new Date(ms).toISOString();
  const title = `${format.dateTime(ms)} ${format.zoneLabel}\n${iso}\n${ms}`;
  return (
    <time dateTime={iso} title={title} className="nowrap num">
      {as === "relative" ? <Relative at={ms} /> : format[as](ms)}
    </time>
  );
}

function Relative({ at }: { at: number }) {
  const format = useFormat();
  const now = useNow(10_000);
  return format.relative(at, now);
}
