import { useMemo } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Role } from "../../lib/session.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { Column } from "../../ui/table/column.ts";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import type { User } from "./user.ts";

/** `isTight`: beside an open panel, or in a narrow window. */
export function useUserColumns(isTight: boolean): readonly Column<User>[] {
  const t = useT();
  return useMemo(() => {
    const all: readonly Column<User>[] = [
      { id: "email", header: t("users.email"), cell: (user) => <span className="medium">{user.email}</span> },
      { id: "name", header: t("users.name"), cell: (user) => <span className="fg-2">{user.name}</span> },
      { id: "role", header: t("users.role"), width: 120, cell: (user) => <RoleWord role={user.role} /> },
      { id: "status", header: t("users.status"), width: 130, cell: (user) => <StatusBadge status={user.status} /> },
      {
        id: "lastSeen",
        header: t("users.lastSeen"),
        width: 130,
        align: "end",
        cell: (user) =>
          user.lastSeenAt ? <Time at={user.lastSeenAt} /> : <span className="muted">{t("users.never")}</span>,
      },
      {
        id: "created",
        header: t("users.created"),
        width: 144,
        align: "end",
        look: "muted",
        cell: (user) => <Time at={user.createdAt} as="date" />,
      },
    ];
    return isTight ? all.filter(({ id }) => id !== "created") : all;
  }, [t, isTight]);
}

/** Most people are viewers: only the roles that may change things are boxed. */
export function RoleWord({ role }: { role: Role }) {
  const t = useT();
  if (role === "viewer") return <span className="muted">{t("role.viewer")}</span>;
  return <Tag strong={role === "admin" || role === "owner"}>{t(`role.${role}`)}</Tag>;
}
