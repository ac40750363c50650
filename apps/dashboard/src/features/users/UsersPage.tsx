import { useMediaQuery } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, Upload, UserPlus } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { roles } from "../../lib/roles.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useGate, useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { FilterBar, type FilterChip } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Tabs } from "../../ui/Tabs.tsx";
import { BulkStatusDialog } from "./BulkStatusDialog.tsx";
import { DeletedUsers } from "./DeletedUsers.tsx";
import { ExportMenu } from "./ExportMenu.tsx";
import type { User } from "./user.ts";
import { useUserColumns } from "./user-columns.tsx";
import { UserFormDialog } from "./UserFormDialog.tsx";
import { UserPeek } from "./UserPeek.tsx";
import { UsersEmpty } from "./UsersEmpty.tsx";
import { useExport } from "./use-export.ts";
import { useUserActs } from "./use-user-acts.tsx";
import { usersSearch } from "./users.search.ts";

const PAGE_ROWS = 100;
/** The list of the deleted is short and has none of its own. */
const noFilters = { q: undefined, role: undefined, peek: undefined, tab: undefined } as const;

export function UsersPage() {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const may = useMay();
  const navigate = useNavigate();
  const { search, change } = usePageSearch(usersSearch);
  const { q, role, status, peek, tab } = search;
  const isDeleted = status === "deleted";
  const filter = {
    ...(q ? { search: q } : {}),
    ...(role ? { role } : {}),
    ...(status && status !== "deleted" ? { status } : {}),
  };
  const query = trpc.users.list.useInfiniteQuery(
    { ...filter, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData, enabled: !isDeleted },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const [opened, setOpened] = useState<"create" | "suspend" | "restore">();
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const acts = useUserActs({
    onDeleted: () => change({ peek: undefined, tab: undefined }, "replace"),
    onBack: (user) => change({ peek: user.id }, "replace"),
  });
  const isTight = useMediaQuery("(max-width: 1099px)") || peek !== undefined;
  const columns = useUserColumns(isTight);
  const exporting = useExport(filter);

  // A link may name somebody who is not among the rows that were loaded.
  const listed = rows?.find((row) => row.id === peek);
  const fetched = trpc.users.get.useQuery(
    { id: peek ?? "" },
    { enabled: peek !== undefined && listed === undefined && rows !== undefined },
  );
  const peeked = peek === undefined ? undefined : (listed ?? fetched.data);
  const at = rows?.findIndex((row) => row.id === peek) ?? -1;
  const openAt = (index: number): (() => void) | undefined => {
    const row = rows?.[index];
    return row && (() => change({ peek: row.id }, "replace"));
  };
  const selected = rows?.filter((row) => selection.has(row.id)) ?? [];
  const createOff = gate("users.create");
  useShortcut("n", t("users.new"), () => createOff === undefined && setOpened("create"));

  const roleChoice = {
    id: "role",
    name: t("users.role"),
    options: roles.map((value) => ({ value, label: t(`role.${value}`) })),
  };
  const chips: FilterChip[] = role ? [{ id: "role", name: t("users.role"), value: t(`role.${role}`) }] : [];
  const clear = (): void => change({ q: undefined, role: undefined, status: undefined });

  return (
    <Page
      title={t("nav.users")}
      fill
      actions={
        <>
          <ExportMenu {...exporting} />
          <ActionButton
            leftSection={<Upload size={14} />}
            disabledReason={gate("users.import")}
            onClick={() => void navigate({ to: "/users/imports" })}
          >
            {t("users.import.open")}
          </ActionButton>
          <ActionButton
            tone="primary"
            leftSection={<Plus size={14} />}
            keys="n"
            disabledReason={createOff}
            onClick={() => setOpened("create")}
          >
            {t("users.new")}
          </ActionButton>
        </>
      }
      peek={
        peeked ? (
          <UserPeek
            user={peeked}
            acts={acts}
            tab={tab ?? "profile"}
            onTab={(next) => change({ tab: next === "profile" ? undefined : next }, "replace")}
            onClose={() => change({ peek: undefined, tab: undefined })}
            onPrevious={openAt(at - 1)}
            onNext={at < 0 ? undefined : openAt(at + 1)}
          />
        ) : null
      }
    >
      <Tabs
        label={t("users.status")}
        value={status ?? "all"}
        onChange={(id) => change({ status: id === "all" ? undefined : id, ...(id === "deleted" ? noFilters : {}) })}
        items={[
          { id: "all", label: t("users.all") },
          { id: "active", label: t("status.active") },
          { id: "suspended", label: t("status.suspended") },
          ...(isDeleted || may("users.deleted") ? [{ id: "deleted" as const, label: t("users.deleted") }] : []),
        ]}
      />
      {isDeleted ? (
        <DeletedUsers onBack={(id) => change({ status: undefined, peek: id })} />
      ) : (
        <>
          <FilterBar
            search={
              <>
                <SearchField
                  label={t("users.search")}
                  value={q ?? ""}
                  onChange={(value) => change({ q: value || undefined }, "replace")}
                />
                <AddFilterChips choices={role ? [] : [roleChoice]} onAdd={(id, value) => change({ [id]: value })} />
              </>
            }
            chips={chips}
            onRemove={(id) => change({ [id]: undefined })}
            invalid={search._invalid}
            onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
          />
          <DataTable
            fill
            label={t("nav.users")}
            columns={columns}
            rows={rows}
            rowId={(row) => row.id}
            rowName={(row) => row.email}
            {...toPaging(query)}
            empty={
              <UsersEmpty
                filter={{ q, role, status: isDeleted ? undefined : status }}
                onClear={clear}
                onCreate={() => setOpened("create")}
                createOff={createOff}
              />
            }
            selection={selection}
            onSelectionChange={setSelection}
            bulkActions={
              <BulkButtons
                users={selected}
                suspendOff={gate("users.suspend")}
                restoreOff={gate("users.restore")}
                onOpen={setOpened}
              />
            }
            openId={peek}
            onPeek={(row) =>
              change({ peek: row.id === peek ? undefined : row.id }, peek === undefined ? "push" : "replace")
            }
            onOpen={(row) => void navigate({ to: "/users/$id", params: { id: row.id }, search: {} })}
            narrow={(row) => ({
              title: row.email,
              meta: `${row.name} · ${t(`role.${row.role}`)}`,
              end: <StatusBadge status={row.status} />,
            })}
            footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
          />
        </>
      )}
      {opened === "create" ? (
        <UserFormDialog onClose={() => setOpened(undefined)} onDone={(user) => change({ peek: user.id }, "replace")} />
      ) : null}
      {opened === "suspend" || opened === "restore" ? (
        <BulkStatusDialog
          act={opened}
          users={selected}
          onDone={() => setSelection(new Set())}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
      {acts.dialog}
    </Page>
  );
}

function BulkButtons(props: {
  users: readonly User[];
  suspendOff: string | undefined;
  restoreOff: string | undefined;
  onOpen: (what: "suspend" | "restore") => void;
}) {
  const t = useT();
  const isAny = (status: User["status"]): boolean => props.users.some((user) => user.status === status);
  return (
    <>
      <ActionButton
        size="xs"
        leftSection={<UserPlus size={14} />}
        disabledReason={props.restoreOff ?? (isAny("suspended") ? undefined : t("users.bulk.noneSuspended"))}
        onClick={() => props.onOpen("restore")}
      >
        {t("users.act.restore")}
      </ActionButton>
      <ActionButton
        size="xs"
        tone="danger"
        disabledReason={props.suspendOff ?? (isAny("active") ? undefined : t("users.bulk.noneActive"))}
        onClick={() => props.onOpen("suspend")}
      >
        {t("users.act.suspend")}
      </ActionButton>
    </>
  );
}
