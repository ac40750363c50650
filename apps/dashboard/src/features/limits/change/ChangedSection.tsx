import { useNow } from "../../../lib/clock.ts";
import { toMs, useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { Time } from "../../../ui/Time.tsx";
import { differingFields, type Limit, type LimitValues, valuesOf } from "../limit.ts";
import classes from "./LimitChange.module.css";
import type { LimitAct, LimitActs } from "./use-limit-acts.tsx";
import { useValueWords } from "./value-words.ts";
import { ValueChanges } from "./ValueChanges.tsx";
import { ChangedTag } from "./ChangedTag.tsx";

/** That a limit was changed: by whom, why, from what, and when it goes back. Nothing for one that runs as configured. */
export function ChangedSection({ limit, acts }: { limit: Limit; acts: LimitActs }) {
  const t = useT();
  const { change, configured } = limit;
  if (!change) return null;
  const from = change.revertTo ?? configured;
  const button = (act: LimitAct) => (
    <ActionButton disabledReason={acts.offBecause} loading={acts.isBusy} onClick={() => acts.start(act)}>
      {t(`limitChange.${act}`)}
    </ActionButton>
  );
  return (
    <PeekSection title={t("limitChange.changed")} end={<ChangedTag limit={limit} />}>
      <ValueChanges limit={limit} from={from} to={valuesOf(limit)} />
      <p className={classes.by}>
        <span className="muted">{t.rich("limitChange.by", { who: change.by, time: <Time at={change.at} /> })}</span>
        {change.reason === null ? null : <q className={classes.reason}>{change.reason}</q>}
      </p>
      {change.revertAt === null ? (
        <p>{t("limitChange.keptNote")}</p>
      ) : (
        <BackTo limit={limit} values={from} at={change.revertAt} />
      )}
      {differingFields(from, configured).length > 0 ? <Configured limit={limit} /> : null}
      <div className={classes.buttons}>
        {change.revertAt === null ? (
          button("restore")
        ) : (
          <>
            {button("keep")}
            {button("revert")}
          </>
        )}
      </div>
    </PeekSection>
  );
}

/** When it goes back by itself, counted down. */
function BackTo({ limit, values, at }: { limit: Limit; values: LimitValues; at: string }) {
  const t = useT();
  const format = useFormat();
  const words = useValueWords(limit);
  const now = useNow(1000);
  return (
    <p>
      {t.rich("limitChange.backTo", {
        values: words.values(differingFields(values, valuesOf(limit)), values),
        time: <span className="num nowrap">{format.timeShort(at)}</span>,
        left: <span className="num nowrap">{format.relative(Math.max(toMs(at), now), now)}</span>,
      })}
    </p>
  );
}

/** Said where a change goes back to something else. */
function Configured({ limit }: { limit: Limit }) {
  const t = useT();
  const words = useValueWords(limit);
  const fields = differingFields(limit.change?.revertTo ?? valuesOf(limit), limit.configured);
  return (
    <p className="muted meta">{t("limitChange.configured", { values: words.values(fields, limit.configured) })}</p>
  );
}
