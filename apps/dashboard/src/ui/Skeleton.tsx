import { useLasting } from "../lib/clock.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import classes from "./Skeleton.module.css";

/** Bars in place of lines that are being read. Invisible for 150 ms, but of the same size, so nothing jumps. */
export function SkeletonLines({ lines, height = 32 }: { lines: number; height?: number }) {
  const t = useT();
  const isShown = useLasting(true);
  return (
    <div role="status" aria-label={t("ui.loading")} data-shown={isShown || undefined} className={classes.lines}>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={classes.line} style={{ height }}>
          <span className={classes.bone} style={{ width: `${64 - ((index * 17) % 40)}%` }} />
        </div>
      ))}
    </div>
  );
}
