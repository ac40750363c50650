import { Plus } from "lucide-react";
import { useNow } from "../../../lib/clock.ts";
import { toMs, useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-callers.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { Time } from "../../../ui/Time.tsx";
import { useValueWords } from "../change/value-words.ts";
import type { Limit } from "../limit.ts";
import { type Override, overrideValues } from "./caller.ts";
import { CallerName } from "./CallerName.tsx";
import classes from "./Callers.module.css";
import type { OverrideActs } from "./use-override-acts.tsx";

const REFRESH_EVERY_MS = 2000;

interface OwnSectionProps {
  /** A rate. */
  readonly limit: Limit;
  readonly acts: OverrideActs;
}

/** The callers that have an allowance of their own, the newest first. */
export function OwnSection({ limit, acts }: OwnSectionProps) {
  const t = useT();
  const query = trpc.limits.get.useQuery({ name: limit.name });
  return (
    <PeekSection
      title={t("limitCallers.own")}
      end={
        <ActionButton
          leftSection={<Plus size={14} />}
          keys="o"
          disabledReason={acts.offBecause}
          onClick={() => acts.give()}
        >
          {t("limitCallers.give")}
        </ActionButton>
      }
    >
      <LiveRefresh everyMs={REFRESH_EVERY_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      <AsyncView query={query} skeleton={<SkeletonLines lines={2} />} errorTitle={t("limitCallers.own.failed")}>
        {({ overrides }) =>
          overrides.length === 0 ? (
            <p className="muted">{t("limitCallers.own.none")}</p>
          ) : (
            <ul className={classes.list} aria-label={t("limitCallers.own")}>
              {overrides.map((override) => (
                <OwnItem key={override.caller} limit={limit} override={override} acts={acts} />
              ))}
            </ul>
          )
        }
      </AsyncView>
    </PeekSection>
  );
}

function OwnItem({ limit, override, acts }: OwnSectionProps & { override: Override }) {
  const t = useT();
  const words = useValueWords(limit);
  const { caller, label, by, at, reason, burst } = override;
  const shown = label ?? caller;
  const fields = burst === null ? (["limit"] as const) : (["limit", "burst"] as const);
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <CallerName caller={caller} label={label} />
        <span className={classes.buttons}>
          <ActionButton
            size="xs"
            aria-label={t("limitCallers.changeOf", { caller: shown })}
            disabledReason={acts.offBecause}
            onClick={() => acts.give({ caller, label, override })}
          >
            {t("limitCallers.change")}
          </ActionButton>
          <ActionButton
            size="xs"
            aria-label={t("limitCallers.removeOf", { caller: shown })}
            disabledReason={acts.offBecause}
            loading={acts.isBusy}
            onClick={() => acts.remove(override)}
          >
            {t("limitCallers.remove")}
          </ActionButton>
        </span>
      </div>
      <p className="num">{words.values(fields, overrideValues(limit, override))}</p>
      <p className="muted meta">
        <Until until={override.until} /> {t.rich("limitChange.by", { who: by, time: <Time at={at} /> })}
      </p>
      {reason === null ? null : <q className={classes.reason}>{reason}</q>}
    </li>
  );
}

function Until({ until }: { until: string | null }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  if (until === null) return t("limitCallers.forGood");
  const untilMs = toMs(until);
  if (untilMs <= now) return t("limitCallers.ended");
  return t("limitCallers.until", { time: format.dateTime(untilMs), left: format.relative(untilMs, now) });
}
