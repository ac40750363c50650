import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { isMoving, progressOf, type UserImport } from "./import.ts";
import classes from "./Imports.module.css";
import { usePace } from "./use-pace.ts";

export interface ProgressPanelProps {
  readonly item: UserImport;
  /** When the counts were read. */
  readonly readAtMs: number;
  /** Id of the element with the rows that were not taken. */
  readonly problemsId: string;
}

/** How far the server is: the share, the rows, how fast, how long still, and what it left out. */
export function ProgressPanel({ item, readAtMs, problemsId }: ProgressPanelProps) {
  const t = useT();
  const format = useFormat();
  const progress = progressOf(item) ?? { done: 0, total: 0, share: 0 };
  const { done, total, share } = progress;
  const pace = usePace(item.state, done, readAtMs);
  const title = t(`imports.state.${item.state}`);
  const leftMs = pace !== null && pace > 0 && isMoving(item) ? Math.ceil((total - done) / pace) * 1000 : null;
  // Not a link to the place: an address with it would be another page to go back from.
  const showProblems = (): void => {
    const place = document.getElementById(problemsId);
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: "start" });
  };
  return (
    <Panel title={title} end={<span className="num strong">{format.percent(share, 0)}</span>}>
      <Meter share={share} label={title} height={8} tone={isMoving(item) ? "accent" : "warn"} isProgress />
      <p className={classes.figures}>
        <span className="num medium">
          {t("imports.progress", { done: format.number(done), total: format.number(total) })}
        </span>
        {isMoving(item) ? (
          <span className="num muted">
            {pace === null ? t("imports.measuring") : t("imports.pace", { rate: format.rate(pace) })}
          </span>
        ) : null}
        {leftMs === null ? null : (
          <span className="num muted">{t("imports.left", { time: format.duration(leftMs) })}</span>
        )}
        {item.problemRows > 0 ? (
          <button type="button" className={classes.problems} onClick={showProblems}>
            {t("imports.problems.count", { count: item.problemRows })}
          </button>
        ) : (
          <span className="muted">{t("imports.problems.none")}</span>
        )}
      </p>
      {/* Said at each tenth: a status that speaks with every chunk is noise. */}
      <p role="status" className="visually-hidden">
        {title} {format.percent(Math.floor(share * 10) / 10, 0)}
      </p>
    </Panel>
  );
}
