import { Check, CircleDashed, CircleDot } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Panel } from "../../ui/Panel.tsx";
import classes from "./Activity.module.css";
import type { BulkSummary } from "./bulk-state.ts";

type Stage = NonNullable<BulkSummary["stage"]>;

/** A few first: how those came out decides whether the rest follows. */
export function StagesPanel({ stage, isOpen }: { stage: Stage; isOpen: boolean }) {
  const t = useT();
  const format = useFormat();
  return (
    <Panel title={t("activity.stages")} scope={t("activity.stages.scope")}>
      <ol className={classes.stages}>
        {stage.sizes.map((size, index) => {
          const number = index + 1;
          const at =
            number < stage.number || (number === stage.number && !isOpen)
              ? "done"
              : number === stage.number
                ? "now"
                : "later";
          const Icon = { done: Check, now: CircleDot, later: CircleDashed }[at];
          return (
            <li key={number} className={classes.stage} data-at={at} aria-current={at === "now" ? "step" : undefined}>
              <Icon size={14} aria-hidden />
              <span>{t("activity.stage", { number, count: size })}</span>
              <span className="visually-hidden">{t(`activity.stage.${at}`)}</span>
            </li>
          );
        })}
      </ol>
      <p className={classes.figures}>
        <span className="num ok">{t("activity.stage.succeeded", { count: stage.succeeded })}</span>
        <span className={stage.failedAgain > 0 ? "num bad" : "num muted"}>
          {t("activity.stage.failedAgain", { count: stage.failedAgain })}
        </span>
        <span className="num muted">{t("activity.stage.waiting", { waiting: format.number(stage.waiting) })}</span>
      </p>
    </Panel>
  );
}
