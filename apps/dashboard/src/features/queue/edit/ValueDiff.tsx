import { useT } from "../../../lib/i18n/i18n.tsx";
import type { ValueChange } from "./diff-values.ts";
import classes from "./EditJobDialog.module.css";

/** What was, in red with a minus, and what is to be, in green with a plus. */
export function ValueDiff({ changes }: { changes: readonly ValueChange[] }) {
  const t = useT();
  return (
    <section className={classes.diff} aria-label={t("queue.edit.diff")}>
      <h3 className={classes.diffTitle}>
        {changes.length === 0 ? t("queue.edit.diff") : t("queue.edit.changes", { count: changes.length })}
      </h3>
      {changes.length === 0 ? (
        <p className="muted">{t("queue.edit.nothing")}</p>
      ) : (
        <dl>
          {changes.map(({ path, before, after }) => (
            <div key={path} className={classes.change}>
              <dt className="mono">{path === "" ? t("queue.edit.whole") : path}</dt>
              {before === undefined ? null : (
                <dd className={classes.before}>
                  <span aria-hidden>−</span>
                  <span className="visually-hidden">{t("queue.edit.before")}</span> {before}
                </dd>
              )}
              {after === undefined ? null : (
                <dd className={classes.after}>
                  <span aria-hidden>+</span>
                  <span className="visually-hidden">{t("queue.edit.after")}</span> {after}
                </dd>
              )}
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
