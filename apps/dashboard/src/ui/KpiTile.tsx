import { ClockAlert } from "lucide-react";
import { useNow } from "../lib/clock.ts";
import { useFormat } from "../lib/format.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { Sparkline } from "./Sparkline.tsx";
import classes from "./KpiTile.module.css";

export interface KpiTileProps {
  readonly label: string;
  /** Already written in the reader's language; null when the server has no figure (then "—" is shown). */
  readonly value: string | null;
  readonly unit?: string;
  /** Change or context under the value; coloured only when it is worse. */
  readonly note?: string;
  readonly noteTone?: "bad" | "warn";
  /** When the sample was taken, or null before the first. */
  readonly sampledAtMs: number | null;
  /** Milliseconds between samples: older than 3 is stale, older than 10 is no data. */
  readonly intervalMs: number;
  /** Set while the connection is lost: the age then stands still. */
  readonly frozenAtMs?: number | null;
  readonly points?: readonly (number | null)[];
  readonly isLoading?: boolean;
}

type Freshness = "fresh" | "stale" | "none" | "frozen";

/** One figure with its age: a number without "as of" is a lie. */
export function KpiTile(props: KpiTileProps) {
  const { label, value, unit, note, noteTone, sampledAtMs, intervalMs, frozenAtMs = null, points } = props;
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  if (props.isLoading) return <KpiSkeleton />;

  const freshness = freshnessOf(sampledAtMs, intervalMs, frozenAtMs, now);
  const noteText = {
    fresh: note,
    stale: t("kpi.stale"),
    none: sampledAtMs === null ? t("kpi.never") : t("kpi.lastSeen", { time: format.time(sampledAtMs) }),
    frozen: frozenAtMs === null ? note : t("kpi.frozen", { time: format.time(frozenAtMs) }),
  }[freshness];
  const age =
    sampledAtMs === null
      ? ""
      : freshness === "frozen"
        ? t("kpi.asOf", { time: format.time(sampledAtMs) })
        : format.relative(sampledAtMs, Math.max(now, sampledAtMs));

  return (
    <section className={classes.tile} data-freshness={freshness} aria-label={label} data-live>
      <div className={classes.top}>
        <h2 className={classes.label}>{label}</h2>
        <span className={classes.age}>
          {freshness === "stale" || freshness === "none" ? <ClockAlert size={12} aria-hidden /> : null}
          {age}
        </span>
      </div>
      <p className={classes.figure}>
        <span className={classes.value}>{freshness === "none" ? t("kpi.noData") : (value ?? "—")}</span>
        {unit && value !== null && freshness !== "none" ? <span className={classes.unit}>{unit}</span> : null}
      </p>
      <p className={classes.note} data-tone={freshness === "fresh" ? noteTone : undefined}>
        {noteText ?? "\u00a0"}
      </p>
      <div className={classes.spark}>
        {freshness === "none" ? (
          <div className={classes.hatch} />
        ) : (
          <Sparkline points={points ?? []} tone={freshness === "fresh" ? "default" : "muted"} />
        )}
      </div>
    </section>
  );
}

function freshnessOf(
  sampledAtMs: number | null,
  intervalMs: number,
  frozenAtMs: number | null,
  now: number,
): Freshness {
  if (sampledAtMs === null) return "none";
  if (frozenAtMs !== null) return "frozen";
  const intervals = (now - sampledAtMs) / intervalMs;
  return intervals > 10 ? "none" : intervals > 3 ? "stale" : "fresh";
}

function KpiSkeleton() {
  return (
    <div className={classes.tile} aria-hidden>
      <div className={classes.top}>
        <span className={classes.bone} style={{ width: 56, height: 10 }} />
        <span className={classes.bone} style={{ width: 32, height: 10 }} />
      </div>
      <div className={classes.figure}>
        <span className={classes.bone} style={{ width: 76, height: 22 }} />
      </div>
      <div className={classes.note}>
        <span className={classes.bone} style={{ width: 48, height: 10 }} />
      </div>
      <div className={classes.spark}>
        <span className={classes.bone} style={{ width: "100%", height: 40 }} />
      </div>
    </div>
  );
}
