import { Link } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { useGate, useMe } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import type { ApiKey } from "./key.ts";
import { KeyCallers } from "./KeyCallers.tsx";
import { KeyReach } from "./KeyReach.tsx";
import classes from "./Keys.module.css";

export interface KeyPeekProps {
  readonly apiKey: ApiKey;
  onEdit(): void;
  onRotate(): void;
  onRevoke(): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function KeyPeek({ apiKey, onEdit, onRotate, onRevoke, onClose, onPrevious, onNext }: KeyPeekProps) {
  const t = useT();
  const gate = useGate();
  const { user } = useMe();
  const ended = apiKey.status === "active" ? undefined : t("apiKeys.off.ended");
  const notYours = apiKey.ownerId === user.id ? undefined : t("apiKeys.off.notYours");
  const editOff = gate("access.keys.update") ?? ended;
  useShortcut("e", t("apiKeys.act.edit"), () => editOff === undefined && onEdit());
  return (
    <PeekPanel
      label={apiKey.name}
      title={
        <>
          <span className="truncate">{apiKey.name}</span>
          <StatusBadge status={apiKey.status} soft />
        </>
      }
      actions={
        <>
          <ActionButton keys="e" disabledReason={editOff} onClick={onEdit}>
            {t("apiKeys.act.edit")}
          </ActionButton>
          <ActionButton disabledReason={gate("access.keys.rotate") ?? ended ?? notYours} onClick={onRotate}>
            {t("apiKeys.act.rotate")}
          </ActionButton>
          <ActionButton tone="danger" disabledReason={gate("access.keys.revoke") ?? ended} onClick={onRevoke}>
            {t("apiKeys.act.revoke")}
          </ActionButton>
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      <PeekSection>
        <Facts
          facts={[
            { label: t("apiKeys.prefix"), value: <code className="mono">swb_{apiKey.prefix}…</code> },
            { label: t("apiKeys.role"), value: <Tag>{t(`role.${apiKey.role}`)}</Tag> },
            {
              label: t("apiKeys.owner"),
              value: (
                <Link to="/users/$id" params={{ id: apiKey.ownerId }}>
                  {apiKey.ownerEmail}
                </Link>
              ),
            },
            {
              label: t("apiKeys.rateLimit"),
              value:
                apiKey.ratePerMinute === null
                  ? t("apiKeys.rateNone")
                  : t("apiKeys.ratePer", { count: apiKey.ratePerMinute }),
            },
            {
              label: t("apiKeys.lastUsed"),
              value: apiKey.lastUsedAt ? <Time at={apiKey.lastUsedAt} /> : t("apiKeys.neverUsed"),
            },
            {
              label: t("apiKeys.expires"),
              value: apiKey.expiresAt ? <Time at={apiKey.expiresAt} as="dateTime" /> : t("apiKeys.expiresNever"),
            },
            { label: t("apiKeys.created"), value: <Time at={apiKey.createdAt} as="dateTime" /> },
            ...(apiKey.revokedAt
              ? [{ label: t("apiKeys.revokedAt"), value: <Time at={apiKey.revokedAt} as="dateTime" /> }]
              : []),
            {
              label: t("apiKeys.id"),
              value: (
                <span className={classes.id}>
                  <code className="mono">{apiKey.id}</code>
                  <CopyButton value={apiKey.id} what={t("apiKeys.id")} />
                </span>
              ),
            },
          ]}
        />
      </PeekSection>
      <KeyCallers apiKey={apiKey} />
      <PeekSection title={t("apiKeys.scopes")}>
        {apiKey.scopes ? (
          <p className={classes.scopes}>
            {apiKey.scopes.map((scope) => (
              <Tag key={scope} mono>
                {scope}
              </Tag>
            ))}
          </p>
        ) : (
          <p className="muted">{t("apiKeys.scopes.all")}</p>
        )}
        <KeyReach apiKey={apiKey} />
      </PeekSection>
    </PeekPanel>
  );
}
