import classes from "./Meter.module.css";

export interface MeterProps {
  /** 0 to 1; more is drawn full. */
  readonly share: number;
  readonly label: string;
  readonly tone?: "default" | "accent" | "warn" | "bad";
  /** Pixels. Default 4, 6 for progress. */
  readonly height?: number;
  /** It fills up and is then over; otherwise it is a level that comes and goes. */
  readonly isProgress?: boolean;
}

export function Meter({ share, label, tone = "default", height = 4, isProgress }: MeterProps) {
  const bounded = Math.min(1, Math.max(0, share));
  return (
    <div
      className={classes.track}
      role={isProgress ? "progressbar" : "meter"}
      aria-label={label}
      aria-valuenow={Math.round(bounded * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      style={{ height }}
    >
      <div className={classes.fill} data-tone={tone} style={{ width: `${bounded * 100}%` }} />
    </div>
  );
}
