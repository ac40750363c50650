import { RotateCcw } from "lucide-react";
import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { rankOf } from "../../lib/roles.ts";
import { useGate, useMay, useMe } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Time } from "../../ui/Time.tsx";
import { RoleWord } from "./user-columns.tsx";
import { useUndelete } from "./use-undelete.ts";

type DeletedUser = Outputs["users"]["deleted"]["items"][number];
const PAGE_ROWS = 100;

/** Who was deleted within the days in which they can be brought back, and when that ends. */
export function DeletedUsers({ onBack }: { onBack: (id: string) => void }) {
  const t = useT();
  const may = useMay();
  const me = useMe();
  if (may("users.deleted")) return <Table onBack={onBack} />;
  return (
    <EmptyState
      kind="no-right"
      title={t("empty.noRight")}
      body={t("empty.noRightBody", { right: "users.deleted", role: t(`role.${me.user.role}`) })}
    />
  );
}

function Table({ onBack }: { onBack: (id: string) => void }) {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const me = useMe();
  const undelete = useUndelete();
  const query = trpc.users.deleted.useInfiniteQuery(
    { limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const columns = useDeletedColumns();
  const offBecause = ({ role }: DeletedUser): string | undefined =>
    gate("users.undelete") ??
    (rankOf(role) > rankOf(me.user.role) ? t("users.off.rank", { role: t(`role.${role}`) }) : undefined);
  const buttonOf = (row: DeletedUser) => (
    <ActionButton
      size="xs"
      leftSection={<RotateCcw size={14} />}
      aria-label={t("users.deleted.restoreOf", { email: row.email })}
      disabledReason={offBecause(row)}
      loading={undelete.runningId === row.id}
      onClick={() => undelete.run(row.id, (user) => onBack(user.id))}
    >
      {t("users.act.restore")}
    </ActionButton>
  );
  return (
    <DataTable
      fill
      label={t("users.deleted")}
      columns={columns}
      rows={query.data?.pages.flatMap((page) => page.items)}
      rowId={(row) => row.id}
      rowName={(row) => row.email}
      {...toPaging(query)}
      empty={<EmptyState kind="never" title={t("users.deleted.none")} body={t("users.deleted.noneBody")} />}
      rowActions={buttonOf}
      narrow={(row) => ({
        title: row.email,
        meta: t.rich("users.deleted.erased", { when: <Time at={row.erasedAt} as="date" /> }),
      })}
      footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
    />
  );
}

function useDeletedColumns(): readonly Column<DeletedUser>[] {
  const t = useT();
  return useMemo(
    () => [
      { id: "email", header: t("users.email"), cell: ({ email }) => <span className="medium">{email}</span> },
      { id: "name", header: t("users.name"), cell: ({ name }) => <span className="fg-2">{name}</span> },
      { id: "role", header: t("users.role"), width: 110, cell: ({ role }) => <RoleWord role={role} /> },
      {
        id: "by",
        header: t("users.deleted.by"),
        cell: ({ deletedBy }) => <span className="fg-2">{deletedBy ?? t("users.deleted.nobody")}</span>,
      },
      {
        id: "deleted",
        header: t("users.deleted.at"),
        width: 120,
        align: "end",
        cell: ({ deletedAt }) => <Time at={deletedAt} />,
      },
      {
        id: "erased",
        header: t("users.deleted.erasedOn"),
        width: 200,
        align: "end",
        cell: ({ erasedAt }) => <Time at={erasedAt} as="dateTime" />,
      },
    ],
    [t],
  );
}
