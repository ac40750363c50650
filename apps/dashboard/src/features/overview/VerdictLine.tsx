import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { type Format, useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { useLive } from "../../lib/live.tsx";
import { Notice } from "../../ui/Notice.tsx";
import classes from "./Overview.module.css";
import type { OverviewData } from "./use-overview-data.ts";
import { type Reason, toVerdict, type Verdict } from "./verdict.ts";
import { normalP95 } from "./windows.ts";

const REASONS_SHOWN = 3;
const looks = {
  healthy: { tone: "ok", icon: CircleCheck, title: "overview.verdict.healthy" },
  degraded: { tone: "warn", icon: TriangleAlert, title: "overview.verdict.degraded" },
  failing: { tone: "bad", icon: CircleAlert, title: "overview.verdict.failing" },
} as const;

/** The state of the whole in words, from the same figures as the tiles. */
export function VerdictLine({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const { summary } = useLive();
  // Until every part was read, a verdict would be a guess; its room is kept.
  if (!summary || !data.windows || !data.failures || !data.limits.data)
    return <div className={classes.verdictRoom} aria-hidden />;
  const verdict = toVerdict({
    nowMs: Date.parse(summary.asOf),
    summary,
    failures: data.failures,
    normalP95Ms: normalP95(data.windows),
    limits: data.limits.data.items,
  });
  const look = looks[verdict.level];
  const shown = verdict.reasons.slice(0, REASONS_SHOWN);
  return (
    <div className={classes.verdict}>
      <Notice tone={look.tone} icon={look.icon} title={t(look.title)} end={<Ways verdict={verdict} />}>
        {shown.length > 0 ? (
          shown.map((reason) => (
            <span key={reason.kind} className={classes.reason}>
              {describe(reason, t, format)}
            </span>
          ))
        ) : (
          <span className="num">
            {t("overview.verdict.calm", {
              rate: format.rate(summary.ratePerSecond),
              p95: summary.latencyMs.p95 === null ? "—" : format.duration(summary.latencyMs.p95),
              share: summary.errorRate === null ? "0%" : format.percent(summary.errorRate, 2),
            })}
          </span>
        )}
      </Notice>
    </div>
  );
}

function describe(reason: Reason, t: Translate, format: Format): ReactNode {
  switch (reason.kind) {
    case "callsFail":
      return reason.top
        ? t.rich("overview.verdict.callsFailTop", {
            share: format.percent(reason.share, 1),
            path: <code className="mono">{reason.top.subject}</code>,
            code: reason.top.title,
          })
        : t("overview.verdict.callsFail", { share: format.percent(reason.share, 1) });
    case "jobsFail": {
      const { subject, title, count, isAtLeast, firstAtMs } = reason.failure;
      const values = {
        name: <code className="mono">{subject}</code>,
        jobs: `${isAtLeast ? "≥ " : ""}${format.number(count)}`,
        error: firstSentence(title),
      };
      return firstAtMs === null
        ? t.rich("overview.verdict.jobsFail", values)
        : t.rich("overview.verdict.jobsFailSince", { ...values, time: format.timeShort(firstAtMs) });
    }
    case "retrying":
      return t("overview.verdict.retrying", { count: reason.count });
    case "waiting":
      return t("overview.verdict.waiting", { age: format.clock(reason.ageMs), jobs: format.number(reason.ready) });
    case "slow":
      return t("overview.verdict.slow", {
        p95: format.duration(reason.p95Ms),
        factor: format.number(reason.factor, 1),
      });
    case "full":
      return t.rich("overview.verdict.full", {
        name: <code className="mono">{reason.name}</code>,
        calls: format.number(reason.waiting),
      });
  }
}

/** Errors of relays and drivers go on with advice; the head is what tells them apart. */
function firstSentence(message: string): string {
  const head = message.split(/[,;\n]/)[0] ?? message;
  return head.length > 80 ? `${head.slice(0, 79)}…` : head;
}

function Ways({ verdict }: { verdict: Verdict }) {
  const t = useT();
  const kinds = new Set(verdict.reasons.map((reason) => reason.kind));
  return (
    <>
      {kinds.has("jobsFail") ? (
        <Button
          size="xs"
          className={classes.linkButton ?? ""}
          renderRoot={(props) => <Link to="/queue/errors" {...props} />}
        >
          {t("overview.openFailures")}
        </Button>
      ) : null}
      {kinds.has("callsFail") || kinds.has("slow") ? (
        <Button
          size="xs"
          className={classes.linkButton ?? ""}
          renderRoot={(props) => (
            <Link to="/procedures" search={{ sort: kinds.has("callsFail") ? "errors" : "p95" }} {...props} />
          )}
        >
          {t("overview.openProcedures")}
        </Button>
      ) : null}
      {kinds.has("full") ? (
        <Button size="xs" className={classes.linkButton ?? ""} renderRoot={(props) => <Link to="/limits" {...props} />}>
          {t("overview.openLimits")}
        </Button>
      ) : null}
    </>
  );
}
