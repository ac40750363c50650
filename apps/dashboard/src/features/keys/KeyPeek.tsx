import { Link } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate, useMe } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import type { ApiKey } from "./key.ts";
import classes from "./Keys.module.css";

export interface KeyPeekProps {
  readonly apiKey: ApiKey;
  onRotate(): void;
  onRevoke(): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function KeyPeek({ apiKey, onRotate, onRevoke, onClose, onPrevious, onNext }: KeyPeekProps) {
  const t = useT();
  const gate = useGate();
  const { user } = useMe();
  const ended = apiKey.status === "active" ? undefined : t("apiKeys.off.ended");
  const notYours = apiKey.ownerId === user.id ? undefined : t("apiKeys.off.notYours");
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
      {apiKey.previousExpiresAt ? (
        <Overlap until={apiKey.previousExpiresAt} usedAt={apiKey.previousLastUsedAt} />
      ) : null}
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
      </PeekSection>
    </PeekPanel>
  );
}

/** While two secrets work: who still uses the old one must be seen before it ends. */
function Overlap({ until, usedAt }: { until: string; usedAt: string | null }) {
  const t = useT();
  return (
    <PeekSection
      title={t("apiKeys.previous")}
      end={<StatusBadge status="retrying">{t("apiKeys.rotating")}</StatusBadge>}
    >
      <p>
        {t.rich("apiKeys.previousWorks", { until: <Time at={until} as="dateTime" /> })}
        {" · "}
        <span className={usedAt ? "warn" : "muted"}>
          {usedAt ? t.rich("apiKeys.previousUsed", { when: <Time at={usedAt} /> }) : t("apiKeys.previousUnused")}
        </span>
      </p>
    </PeekSection>
  );
}
