import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-rehearse.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { type Inputs, type Outputs, trpc } from "../../../lib/trpc.ts";
import classes from "./WhatIf.module.css";

type Rehearsal = Outputs["limits"]["rehearse"];
type Values = Inputs["limits"]["rehearse"]["values"];

const TYPING_MS = 400;

interface WhatIfProps {
  /** Of a rate. */
  readonly name: string;
  readonly values: Values;
  /** One caller only. */
  readonly caller?: string;
  /** False while what is typed cannot be asked about: the last answer stays. */
  readonly isValid: boolean;
}

/** What these values would have refused of the calls of the last minutes. It says so or says why not, and never stands in the way. */
export function WhatIf({ name, values, caller, isValid }: WhatIfProps) {
  const t = useT();
  const format = useFormat();
  const typed = isValid ? JSON.stringify([values, caller ?? null]) : null;
  const [wanted, setWanted] = useState(typed);
  // What cannot be asked about leaves what was asked before.
  if (typed !== null && typed !== wanted) setWanted(typed);
  const [asked] = useDebouncedValue(wanted, TYPING_MS, { leading: true });
  const [askedValues, askedCaller] = asked === null ? [{}, null] : (JSON.parse(asked) as [Values, string | null]);
  const query = trpc.limits.rehearse.useQuery(
    { name, values: askedValues, ...(askedCaller === null ? {} : { caller: askedCaller }) },
    { enabled: asked !== null, placeholderData: keepPreviousData, retry: false },
  );
  const isOld = wanted !== asked || query.isPlaceholderData || query.isFetching;
  const { data, error } = query;
  return (
    <section className={classes.panel} aria-label={t("limitRehearse.title")}>
      <div className={classes.head}>
        <h3 className="muted">{t("limitRehearse.title")}</h3>
        <span className="muted meta num">
          {isOld && isValid
            ? t("limitRehearse.working")
            : data && t("limitRehearse.since", { time: format.timeShort(data.from) })}
        </span>
      </div>
      <div className={classes.result} data-old={isOld || !isValid} role="status" aria-busy={isOld}>
        {error && !isOld ? (
          <p className="muted">{t("limitRehearse.failed", { message: toAppError(error).message })}</p>
        ) : data ? (
          <Outcome rehearsal={data} isOfOne={askedCaller !== null} />
        ) : (
          <p className="muted">—</p>
        )}
      </div>
    </section>
  );
}

function Outcome({ rehearsal, isOfOne }: { rehearsal: Rehearsal; isOfOne: boolean }) {
  const t = useT();
  const { arrivals, now, asked, isWhole } = rehearsal;
  if (arrivals === 0) return <p className="muted">{t("limitRehearse.none")}</p>;
  return (
    <>
      <p className="num">
        <Arrivals rehearsal={rehearsal} isOfOne={isOfOne} />{" "}
        {isWhole ? null : <span className="muted">{t("limitRehearse.shorter")}</span>}
      </p>
      <dl className={classes.outcomes}>
        <dt className="muted">{t("limitRehearse.now")}</dt>
        <dd className="num">
          <Refused outcome={now} arrivals={arrivals} isOfOne={isOfOne} />
        </dd>
        <dt className="muted">{t("limitRehearse.asked")}</dt>
        <dd className={asked.refused > now.refused ? "num warn" : "num"}>
          <Refused outcome={asked} arrivals={arrivals} isOfOne={isOfOne} />
        </dd>
      </dl>
      {isOfOne ? null : <RefusedMost rehearsal={rehearsal} />}
      <p className="muted meta">{t("limitRehearse.note")}</p>
    </>
  );
}

function Arrivals({
  rehearsal: { arrivals, callers, peakPerSecond },
  isOfOne,
}: {
  rehearsal: Rehearsal;
  isOfOne: boolean;
}) {
  const t = useT();
  const format = useFormat();
  const holes = { calls: t("limitRehearse.calls", { count: arrivals }), peak: format.number(peakPerSecond) };
  return isOfOne
    ? t("limitRehearse.arrivalsOfOne", holes)
    : t("limitRehearse.arrivals", { ...holes, callers: t("limitRehearse.callers", { count: callers }) });
}

interface RefusedProps {
  readonly outcome: Rehearsal["now"];
  readonly arrivals: number;
  readonly isOfOne: boolean;
}

function Refused({ outcome: { refused, callers }, arrivals, isOfOne }: RefusedProps) {
  const t = useT();
  const format = useFormat();
  if (refused === 0) return t("limitRehearse.refusedNone");
  const holes = { refused: format.number(refused), share: format.percent(refused / arrivals, 1) };
  return isOfOne
    ? t("limitRehearse.refusedOfOne", holes)
    : t("limitRehearse.refused", { ...holes, callers: t("limitRehearse.callers", { count: callers }) });
}

function RefusedMost({ rehearsal: { refusedMost } }: { rehearsal: Rehearsal }) {
  const t = useT();
  const format = useFormat();
  if (refusedMost.length === 0) return null;
  const callers = refusedMost.map(({ caller, label, refused, arrivals }) =>
    t("limitRehearse.one", {
      caller: label ?? caller,
      refused: format.number(refused),
      arrivals: format.number(arrivals),
    }),
  );
  return <p className="num">{t("limitRehearse.most", { callers: format.list(callers) })}</p>;
}
