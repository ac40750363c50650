import { Lock } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import classes from "./Audit.module.css";
import type { Change } from "./changes.ts";

/** Values with what they were and what they are. */
export function ChangeList({ changes }: { changes: readonly Change[] }) {
  const t = useT();
  return (
    <dl className={classes.diff}>
      {changes.map(({ key, before, after, isSecret }) => (
        <div key={key} className={classes.change}>
          <dt className="mono">{key}</dt>
          {isSecret ? (
            <dd className={classes.secret}>
              <Lock size={12} aria-hidden /> [redacted] <span className={classes.why}>{t("audit.redacted")}</span>
            </dd>
          ) : (
            <>
              {before === undefined ? null : (
                <dd className={classes.before}>
                  <span aria-label={t("audit.before.label")}>−</span> {before}
                </dd>
              )}
              {after === undefined ? null : (
                <dd className={classes.after}>
                  <span aria-label={t("audit.after.label")}>+</span> {after}
                </dd>
              )}
            </>
          )}
        </div>
      ))}
    </dl>
  );
}
