import { ArrowRight } from "lucide-react";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { differingFields, type Limit, type LimitValues } from "../limit.ts";
import classes from "./LimitChange.module.css";
import { useValueWords } from "./value-words.ts";

export interface ValueChangesProps {
  readonly limit: Pick<Limit, "kind" | "windowMs">;
  readonly from: LimitValues;
  readonly to: LimitValues;
}

/** What differs between two states of a limit: `1,000/s → 500/s`, a line each. */
export function ValueChanges({ limit, from, to }: ValueChangesProps) {
  const t = useT();
  const words = useValueWords(limit);
  const fields = differingFields(from, to);
  if (fields.length === 0) return <p className="muted">{t("limitChange.same")}</p>;
  return (
    <ul className={classes.changes}>
      {fields.map((field) => (
        <li key={field} className={classes.change}>
          <span className="muted">{words.value(field, from)}</span>
          <ArrowRight size={14} className="muted" role="img" aria-label={t("limitChange.to")} />
          <span className="medium">{words.value(field, to)}</span>
        </li>
      ))}
    </ul>
  );
}
