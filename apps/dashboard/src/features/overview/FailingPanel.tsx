import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleMinus, X } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useLive } from "../../lib/live.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Time } from "../../ui/Time.tsx";
import { type ErrorActs, useErrorActs } from "../queue/errors/use-error-acts.tsx";
import type { Failure } from "./failing.ts";
import classes from "./Overview.module.css";
import type { OverviewData } from "./use-overview-data.ts";

const ROWS = 5;

export function FailingPanel({ data }: { data: OverviewData }) {
  const t = useT();
  const { summary } = useLive();
  const { failures, errors, procedures, groups } = data;
  const acts = useErrorActs();
  const error = errors.error ?? procedures.error ?? groups.error;
  return (
    <Panel
      title={t("overview.failing")}
      scope={summary ? t("overview.failing.scope", { calls: summary.window.errors, jobs: summary.queue.failed }) : ""}
      end={
        <Link to="/procedures" search={{ sort: "errors" }} className="meta medium">
          {t("overview.failing.all")}
        </Link>
      }
      flush
    >
      {failures ? (
        <FailureList failures={failures.slice(0, ROWS)} acts={acts} />
      ) : error ? (
        <ErrorState error={error} title={t("overview.failing.failed")} onRetry={data.refresh} />
      ) : (
        <SkeletonLines lines={ROWS} />
      )}
      {acts.dialog}
    </Panel>
  );
}

function FailureList({ failures, acts }: { failures: readonly Failure[]; acts: ErrorActs }) {
  const t = useT();
  if (failures.length === 0) {
    return <EmptyState kind="never" title={t("overview.failing.none")} body={t("overview.failing.noneBody")} />;
  }
  return (
    <ul className={classes.list} data-live>
      {failures.map((failure) => (
        <FailureRow key={failure.id} failure={failure} acts={acts} />
      ))}
    </ul>
  );
}

function FailureRow({ failure, acts }: { failure: Failure; acts: ErrorActs }) {
  const t = useT();
  const format = useFormat();
  const { kind, title, subject, count, isAtLeast, lastAtMs, isOurs, trend, group } = failure;
  const Icon = isOurs ? X : CircleMinus;
  return (
    <li className={classes.failure}>
      <span className={classes.failureIcon}>
        <Icon size={14} className={isOurs ? "bad" : "muted"} aria-hidden />
        <span className="visually-hidden">{t(isOurs ? "overview.failing.ours" : "overview.failing.callers")}</span>
      </span>
      <span className={classes.failureTitle} title={title}>
        {title}
      </span>
      <code className={`mono ${classes.failureSubject}`} title={subject}>
        {subject}
      </code>
      <span className={`num strong ${classes.failureCount}`}>
        {isAtLeast ? "≥ " : ""}
        {format.number(count)}
      </span>
      <span className={`muted ${classes.failureKind}`}>
        {t(kind === "job" ? "overview.failing.job" : "overview.failing.call", { count })}
      </span>
      <span className={classes.failureTrend}>
        {trend ? (
          <Sparkline points={trend} height={20} />
        ) : (
          <span className="muted meta">
            <Time at={lastAtMs} />
          </span>
        )}
      </span>
      <span className={classes.failureOpen}>
        <Button
          size="xs"
          variant="subtle"
          className={classes.linkButton ?? ""}
          renderRoot={(props) =>
            group ? (
              <Link to="/queue/errors" search={{ peek: group.fingerprint }} {...props} />
            ) : (
              <Link to="/procedures" search={{ peek: subject }} {...props} />
            )
          }
        >
          {t("ui.open")}
          <span className="visually-hidden"> {subject}</span>
        </Button>
        {group ? (
          <ActionButton size="xs" disabledReason={acts.offBecause(group)} onClick={() => acts.start("retry", group)}>
            {t("overview.failing.retry")}
            <span className="visually-hidden"> {subject}</span>
          </ActionButton>
        ) : null}
      </span>
    </li>
  );
}
