import { Check } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type ImportStep, importSteps } from "./import.ts";
import classes from "./Imports.module.css";

/** Where one is on the way from a file to people. */
export function ImportSteps({ at, isOver }: { at: ImportStep; isOver: boolean }) {
  const t = useT();
  const now = importSteps.indexOf(at);
  return (
    <ol className={classes.steps} aria-label={t("imports.steps")}>
      {importSteps.map((step, index) => {
        const isDone = index < now || (index === now && isOver);
        return (
          <li
            key={step}
            className={classes.step}
            data-state={isDone ? "done" : index === now ? "now" : "ahead"}
            aria-current={index === now ? "step" : undefined}
          >
            <span className={classes.stepSign} aria-hidden>
              {isDone ? <Check size={12} /> : index + 1}
            </span>
            <span className={classes.stepWord}>{t(`imports.step.${step}`)}</span>
            {isDone ? <span className="visually-hidden">{t("imports.step.isDone")}</span> : null}
          </li>
        );
      })}
    </ol>
  );
}
