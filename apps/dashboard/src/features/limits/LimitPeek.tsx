import { Pencil } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/limit-change.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { OwnSection } from "./callers/OwnSection.tsx";
import { RefusedSection } from "./callers/RefusedSection.tsx";
import { useGiveCommand } from "./callers/use-give-command.ts";
import { type OverrideActs, useOverrideActs } from "./callers/use-override-acts.tsx";
import { ChangedSection } from "./change/ChangedSection.tsx";
import { HistorySection } from "./change/HistorySection.tsx";
import { useEditCommand } from "./change/use-edit-command.ts";
import { type LimitActs, useLimitActs } from "./change/use-limit-acts.tsx";
import { capacityOf, isLimiting, type Limit, rejectedShare, toneOf } from "./limit.ts";
import classes from "./LimitPeek.module.css";
import { LimitWords } from "./LimitWords.tsx";

interface LimitPeekProps {
  readonly name: string;
  /** Undefined while the list is read, null when it has no such limit. */
  readonly limit: Limit | null | undefined;
  readonly trend: readonly number[];
  onClose(): void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

export function LimitPeek({ name, limit, trend, onClose, onPrevious, onNext }: LimitPeekProps) {
  const t = useT();
  const acts = useLimitActs(limit);
  useShortcut("Space", t("peek.close"), onClose);
  useShortcut("e", t("limitChange.edit"), acts.edit);
  useEditCommand(name, acts);
  const overrideActs = useOverrideActs(limit);
  useGiveCommand(name, limit?.kind === "rate", overrideActs);
  return (
    <PeekPanel
      label={t("limits.peek", { name })}
      title={
        <>
          <span className="mono">{name}</span>
          <CopyButton value={name} what={t("limits.theName")} />
          {limit && isLimiting(limit) ? <StatusBadge status="limited" soft /> : null}
        </>
      }
      actions={
        limit ? (
          <ActionButton
            leftSection={<Pencil size={14} />}
            keys="e"
            disabledReason={acts.offBecause}
            onClick={acts.edit}
          >
            {t("limitChange.edit")}
          </ActionButton>
        ) : null
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      {limit === null ? (
        <EmptyState kind="none-match" title={t("limits.missing", { name })} body={t("limits.missingBody")} />
      ) : limit ? (
        <PeekBody limit={limit} trend={trend} acts={acts} overrideActs={overrideActs} />
      ) : null}
      {acts.dialog}
      {overrideActs.dialog}
    </PeekPanel>
  );
}

interface PeekBodyProps {
  readonly limit: Limit;
  readonly trend: readonly number[];
  readonly acts: LimitActs;
  readonly overrideActs: OverrideActs;
}

function PeekBody({ limit, trend, acts, overrideActs }: PeekBodyProps) {
  const t = useT();
  const format = useFormat();
  const share = rejectedShare(limit);
  return (
    <>
      <PeekSection title={t("limits.inWords")}>
        <LimitWords limit={limit} />
      </PeekSection>
      <ChangedSection limit={limit} acts={acts} />
      <PeekSection
        title={t(limit.kind === "rate" ? "limits.busiest" : "limits.inUse")}
        end={<UseFigure limit={limit} />}
      >
        <Meter share={limit.usage} label={t("limits.useOf", { name: limit.name })} tone={toneOf(limit)} height={6} />
        {limit.kind === "concurrency" ? (
          <p className="muted meta">{t("limits.waiting", { count: limit.waiting ?? 0, max: limit.queueLimit ?? 0 })}</p>
        ) : null}
      </PeekSection>
      <PeekSection
        title={t("limits.rejectedPerSecond")}
        end={
          <span className="num medium">{t("limits.perSecond", { rate: format.rate(limit.rejectedPerSecond) })}</span>
        }
      >
        <Sparkline points={trend} tone={isLimiting(limit) ? "bad" : "muted"} />
        <p className="muted meta">{t("limits.trendNote")}</p>
      </PeekSection>
      <PeekSection title={t("limits.sinceStart")}>
        <Facts
          facts={[
            { label: t("limits.column.allowed"), value: <span className="num">{format.number(limit.allowed)}</span> },
            { label: t("limits.column.rejected"), value: <span className="num">{format.number(limit.rejected)}</span> },
            {
              label: t("limits.share"),
              value: <span className="num">{share === null ? "—" : format.percent(share)}</span>,
            },
            { label: t("limits.algorithm"), value: t(`limits.algorithm.${limit.algorithm}`) },
          ]}
        />
      </PeekSection>
      {limit.kind === "rate" ? (
        <>
          <TopCallers limit={limit} />
          <RefusedSection limit={limit} acts={overrideActs} />
          <OwnSection limit={limit} acts={overrideActs} />
        </>
      ) : null}
      <HistorySection limit={limit} />
    </>
  );
}

function UseFigure({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  const [busiest] = limit.top;
  const used = limit.kind === "concurrency" ? (limit.inFlight ?? 0) : (busiest?.used ?? 0);
  return (
    <span className="num">
      {t.rich("limits.usedOf", {
        used: <span className={classes.used}>{format.number(used, used < 10 ? 1 : 0)}</span>,
        total: format.number(busiest?.of ?? capacityOf(limit)),
      })}
    </span>
  );
}

function TopCallers({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  return (
    <PeekSection title={t("limits.top")}>
      {limit.top.length === 0 ? (
        <p className="muted">{t("limits.top.none")}</p>
      ) : (
        <ul className={classes.callers}>
          {limit.top.map(({ key, used, of }) => (
            <li key={key} className={classes.caller}>
              <CallerName callerKey={key} scope={limit.scope} />
              <Meter share={used / of} label={t("limits.useOf", { name: key })} tone={used >= of ? "bad" : "default"} />
              <span className="num">{format.number(used, used < 10 ? 1 : 0)}</span>
            </li>
          ))}
        </ul>
      )}
    </PeekSection>
  );
}

const CALLER = /^(user|key|address):(.+)$/;

/** `user:<id>`, `key:<id>` and `address:<ip>` as the limiter counts them; at the address limit the address alone. */
function CallerName({ callerKey, scope }: { callerKey: string; scope: Limit["scope"] }) {
  const t = useT();
  const [, kind, id = callerKey] = CALLER.exec(callerKey) ?? [];
  const word =
    kind === "user" || kind === "key" || kind === "address"
      ? t(`limits.caller.${kind}`)
      : scope === "address"
        ? t("limits.caller.address")
        : "";
  const isId = kind === "user" || kind === "key";
  return (
    <span className={classes.callerName} title={callerKey}>
      <span className="muted">{word}</span> <span className="mono">{isId ? id.slice(-8) : id}</span>
    </span>
  );
}
