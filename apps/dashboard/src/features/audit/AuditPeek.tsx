import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { JsonView } from "../../ui/CodeBlock.tsx";
import { CopyButton, useCopy } from "../../ui/CopyButton.tsx";
import { type Fact, Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import classes from "./Audit.module.css";
import type { AuditSearch } from "./audit.search.ts";
import { type AuditEvent, changesOf, shortId } from "./changes.ts";

export interface AuditPeekProps {
  readonly event: AuditEvent;
  onFilter(part: AuditSearch): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function AuditPeek({ event, onFilter, onClose, onPrevious, onNext }: AuditPeekProps) {
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
            leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
            onClick={() => copy(JSON.stringify(event, null, 2))}
          >
            {copied ? t("ui.copied") : t("audit.copy")}
          </ActionButton>
          <Button onClick={() => onFilter({ action: event.action })}>{t("audit.sameAction")}</Button>
          {event.actorId ? (
            <Button onClick={() => onFilter({ actor: event.actorId ?? undefined })}>{t("audit.sameActor")}</Button>
          ) : null}
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      <Difference event={event} />
      <PeekSection>
        <Facts facts={useFacts(event)} />
      </PeekSection>
    </PeekPanel>
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
          <dl className={classes.diff}>
            {changed.map(({ key, before, after }) => (
              <div key={key} className={classes.change}>
                <dt className="mono">{key}</dt>
                {before === undefined ? null : (
                  <dd className={classes.before}>
                    <span aria-label={t("audit.before.label")}>−</span> {before}
                  </dd>
                )}
                {after === undefined ? null : (
                  <dd className={classes.after}>
                    <span aria-label={t("audit.after.label")}>+</span> {after}
                  </dd>
                )}
              </div>
            ))}
          </dl>
          {same > 0 ? <p className="muted meta">{t("audit.same", { count: same })}</p> : null}
        </>
      )}
    </PeekSection>
  );
}

function useFacts(event: AuditEvent): readonly Fact[] {
  const t = useT();
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
    return name;
  })();
  return (
    <>
      <span className="muted">{targetType}</span> {link}
    </>
  );
}
