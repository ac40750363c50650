import { TriangleAlert } from "lucide-react";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-edit.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { busiestOf, capacityOf, type Limit, type LimitValues } from "../limit.ts";
import { LimitMeaning } from "../LimitWords.tsx";
import classes from "./EditLimit.module.css";
import { type Shortage, shortagesOf } from "./limit-form.ts";

interface NewValuesProps {
  /** With its use at this moment. */
  readonly limit: Limit;
  /** Undefined while a field does not hold what it should. */
  readonly values: LimitValues | undefined;
}

/** What the typed values mean, beside what is in use now. */
export function NewValues({ limit, values }: NewValuesProps) {
  const t = useT();
  const shortages = values ? shortagesOf(limit, values) : [];
  return (
    <div className={classes.panel}>
      <section className={classes.part}>
        <h3 className="muted">{t("limitEdit.means")}</h3>
        <p>{values ? <LimitMeaning limit={{ ...limit, ...values }} /> : "—"}</p>
      </section>
      <section className={classes.part}>
        <h3 className="muted">{t("limitEdit.usedNow")}</h3>
        <p className="num">
          <UsedNow limit={limit} />
        </p>
        {shortages.map((shortage) => (
          <p key={shortage.what} className={classes.short} role="status">
            <TriangleAlert size={14} aria-hidden />
            <ShortageWords shortage={shortage} />
          </p>
        ))}
      </section>
    </div>
  );
}

function UsedNow({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  if (limit.kind === "concurrency") {
    return t("limitEdit.used.slots", { used: limit.inFlight ?? 0, total: limit.limit, waiting: limit.waiting ?? 0 });
  }
  const busiest = busiestOf(limit);
  if (!busiest) return t("limitEdit.used.nobody");
  return t("limitEdit.used.caller", { used: figure(format, busiest.used), total: format.number(capacityOf(limit)) });
}

function ShortageWords({ shortage: { what, used, allowed } }: { shortage: Shortage }) {
  const t = useT();
  const format = useFormat();
  const holes = { used: figure(format, used), allowed: format.number(allowed, 3) };
  return (
    <span>
      {t(what === "waiting" && allowed === 0 ? "limitEdit.short.waitingNone" : `limitEdit.short.${what}`, holes)}
    </span>
  );
}

/** A bucket is used in fractions: one place for the small. */
function figure(format: ReturnType<typeof useFormat>, used: number): string {
  return format.number(used, used < 10 ? 1 : 0);
}
