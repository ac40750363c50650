import { Button } from "@mantine/core";
import { Plus, Users } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Role } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Chip } from "../../ui/FilterBar.tsx";
import classes from "./Users.module.css";

export interface UsersEmptyProps {
  readonly filter: {
    readonly q?: string | undefined;
    readonly role?: Role | undefined;
    readonly status?: "active" | "suspended" | undefined;
  };
  readonly createOff: string | undefined;
  onClear(): void;
  onCreate(): void;
}

export function UsersEmpty({ filter, createOff, onClear, onCreate }: UsersEmptyProps) {
  const t = useT();
  const { q, role, status } = filter;
  if (!q && !role && !status) {
    return (
      <EmptyState
        kind="never"
        icon={Users}
        title={t("users.empty.never")}
        body={t("users.empty.neverBody")}
        actions={
          <ActionButton tone="primary" leftSection={<Plus size={14} />} disabledReason={createOff} onClick={onCreate}>
            {t("users.new")}
          </ActionButton>
        }
      />
    );
  }
  return (
    <EmptyState
      kind="none-match"
      title={t("users.empty.none")}
      body={t("users.empty.noneBody")}
      actions={<Button onClick={onClear}>{t("filter.clearAll")}</Button>}
    >
      <div className={classes.chips}>
        {q ? <Chip chip={{ id: "q", name: t("users.search"), operator: t("filter.startsWith"), value: q }} /> : null}
        {role ? <Chip chip={{ id: "role", name: t("users.role"), value: t(`role.${role}`) }} /> : null}
        {status ? <Chip chip={{ id: "status", name: t("users.status"), value: t(`status.${status}`) }} /> : null}
      </div>
    </EmptyState>
  );
}
