import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChartLine, Check, Copy, Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton, IconAction } from "../../ui/ActionButton.tsx";
import { JsonView } from "../../ui/CodeBlock.tsx";
import { CopyButton, useCopy } from "../../ui/CopyButton.tsx";
import { type Fact, Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { rangeAround } from "./around.ts";
import classes from "./Audit.module.css";
import type { AuditSearch } from "./audit.search.ts";
import { AuditMenu } from "./AuditMenu.tsx";
import { ChangeList } from "./ChangeList.tsx";
import { type AuditEvent, changesOf, shortId } from "./changes.ts";
import { RelatedEvents } from "./RelatedEvents.tsx";
import type { Undo } from "./use-undo.tsx";

export interface AuditPeekProps {
  readonly event: AuditEvent;
  readonly undo: Undo;
  onFilter(part: AuditSearch): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function AuditPeek({ event, undo, onFilter, onClose, onPrevious, onNext }: AuditPeekProps) {
  const t = useT();
  const [copied, copy] = useCopy();
  return (
    <PeekPanel
      label={event.action}
      title={
        <>
          <code className="mono truncate">{event.action}</code>
          <StatusBadge status={event.outcome} soft />
        </>
      }
      actions={
        <>
          <ActionButton
            leftSection={<Undo2 size={14} />}
            keys="z"
            disabledReason={undo.offBecause(event)}
            onClick={() => undo.start(event)}
          >
            {t("audit.undo")}
          </ActionButton>
          <ShowOnCharts event={event} />
          <IconAction
            label={copied ? t("ui.copied") : t("audit.copy")}
            onClick={() => copy(JSON.stringify(event, null, 2))}
          >
            {copied ? <Check size={16} /> : <Copy size={16} />}
          </IconAction>
          <AuditMenu isInPanel event={event} undo={undo} onFilter={onFilter} />
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      <Difference event={event} />
      <RelatedEvents event={event} />
      <PeekSection>
        <Facts facts={useFacts(event)} />
      </PeekSection>
    </PeekPanel>
  );
}

function ShowOnCharts({ event }: { event: AuditEvent }) {
  const t = useT();
  const range = rangeAround(event.at, nowMs());
  const icon = <ChartLine size={14} />;
  if (range === undefined) {
    return (
      <ActionButton leftSection={icon} disabledReason={t("audit.onCharts.old")}>
        {t("audit.onCharts")}
      </ActionButton>
    );
  }
  return (
    <Button
      className={classes.linkButton ?? ""}
      leftSection={icon}
      renderRoot={(props) => <Link to="/overview" search={{ mark: event.id, range }} {...props} />}
    >
      {t("audit.onCharts")}
    </Button>
  );
}

function Difference({ event }: { event: AuditEvent }) {
  const t = useT();
  const [isRaw, setRaw] = useState(false);
  const { changed, same } = changesOf(event);
  if (event.before === null && event.after === null) {
    return (
      <PeekSection title={t("audit.change")}>
        <p className="muted">{t("audit.noChange")}</p>
      </PeekSection>
    );
  }
  return (
    <PeekSection
      title={t("audit.change")}
      end={
        <Button size="xs" variant="subtle" onClick={() => setRaw(!isRaw)}>
          {isRaw ? t("audit.asDiff") : "JSON"}
        </Button>
      }
    >
      {isRaw ? (
        <JsonView label={t("audit.change")} value={{ before: event.before, after: event.after }} />
      ) : (
        <>
          <ChangeList changes={changed} />
          {same > 0 ? <p className="muted meta">{t("audit.same", { count: same })}</p> : null}
        </>
      )}
    </PeekSection>
  );
}

function useFacts(event: AuditEvent): readonly Fact[] {
  const t = useT();
  const format = useFormat();
  const facts: Fact[] = [{ label: t("audit.at"), value: <Time at={event.at} as="dateTime" /> }];
  if (event.code) facts.push({ label: t("audit.code"), value: <Tag mono>{event.code}</Tag> });
  if (event.reason) facts.push({ label: t("ui.reason"), value: event.reason });
  facts.push({
    label: t("audit.actor"),
    value: event.actorId ? (
      <Link to="/users/$id" params={{ id: event.actorId }}>
        {event.actorEmail ?? shortId(event.actorId)}
      </Link>
    ) : (
      (event.actorEmail ?? t(`audit.via.${event.via}`))
    ),
  });
  facts.push({
    label: t("audit.via"),
    value: event.keyName ? `${t("audit.via.key")} ${event.keyName}` : t(`audit.via.${event.via}`),
  });
  if (event.targetType) facts.push({ label: t("audit.target"), value: <Target event={event} /> });
  if (event.address) facts.push({ label: t("audit.address"), value: <code className="mono">{event.address}</code> });
  if (event.requestId)
    facts.push({ label: t("audit.request"), value: <Copied value={event.requestId} what={t("ui.requestId")} /> });
  facts.push({ label: t("audit.seq"), value: <span className="num">{format.number(event.seq)}</span> });
  facts.push({ label: t("audit.id"), value: <Copied value={event.id} what={t("audit.id")} /> });
  return facts;
}

function Copied({ value, what }: { value: string; what: string }) {
  return (
    <span className={classes.copied}>
      <code className="mono">{value}</code>
      <CopyButton value={value} what={what} />
    </span>
  );
}

/** What was acted on, with a way to it where it has a page. */
function Target({ event: { targetType, targetId, action } }: { event: AuditEvent }) {
  const name = <code className="mono">{targetId ?? "—"}</code>;
  // What was deleted has no page any more.
  const isGone = action.endsWith(".delete");
  const link = ((): ReactNode => {
    if (!targetId || isGone) return name;
    if (targetType === "user")
      return (
        <Link to="/users/$id" params={{ id: targetId }}>
          {name}
        </Link>
      );
    if (targetType === "job")
      return (
        <Link to="/queue/jobs/$id" params={{ id: targetId }}>
          {name}
        </Link>
      );
    if (targetType === "key")
      return (
        <Link to="/keys" search={{ peek: targetId }}>
          {name}
        </Link>
      );
    if (targetType === "auditEvent")
      return (
        <Link to="/audit" search={{ peek: targetId }}>
          {name}
        </Link>
      );
    return name;
  })();
  return (
    <>
      <span className="muted">{targetType}</span> {link}
    </>
  );
}
