import { Button } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Chip, FilterBar, type FilterChip } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { seesAll } from "../sessions/session.ts";
import { CreateKeyDialog } from "./CreateKeyDialog.tsx";
import { EditKeyDialog } from "./EditKeyDialog.tsx";
import type { ApiKey, MadeKey } from "./key.ts";
import { KeyPeek } from "./KeyPeek.tsx";
import classes from "./Keys.module.css";
import { keysSearch, keyStatuses } from "./keys.search.ts";
import { RevokeKeyDialog } from "./RevokeKeyDialog.tsx";
import { RotateKeyDialog } from "./RotateKeyDialog.tsx";
import { ShownKeyDialog } from "./ShownKeyDialog.tsx";

const PAGE_ROWS = 100;

type Opened = { readonly what: "create" } | { readonly what: "edit" | "rotate" | "revoke"; readonly key: ApiKey };

export function KeysPage() {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const { search, change } = usePageSearch(keysSearch);
  const me = useMe();
  const { q, status, owner, peek } = search;
  const filter = { ...(q ? { search: q } : {}), ...(status ? { status } : {}), ...(owner ? { ownerId: owner } : {}) };
  const query = trpc.access.keys.list.useInfiniteQuery(
    { ...filter, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const [opened, setOpened] = useState<Opened>();
  const [made, setMade] = useState<MadeKey>();
  const columns = useKeyColumns(peek !== undefined, seesAll(me));
  const ownerOf = trpc.users.get.useQuery({ id: owner ?? "" }, { enabled: owner !== undefined });
  const chips: readonly FilterChip[] = [
    ...(owner ? [{ id: "owner", name: t("apiKeys.owner"), value: ownerOf.data?.email ?? owner }] : []),
    ...(status ? [{ id: "status", name: t("apiKeys.status"), value: t(`status.${status}`) }] : []),
  ];
  const isFiltered = Object.keys(filter).length > 0;
  const statusChoice = {
    id: "status",
    name: t("apiKeys.status"),
    options: keyStatuses.map((value) => ({ value, label: t(`status.${value}`) })),
  };
  const close = (): void => setOpened(undefined);
  const createOff = gate("access.keys.create");
  useShortcut("n", t("apiKeys.new"), () => createOff === undefined && setOpened({ what: "create" }));

  const at = rows?.findIndex((row) => row.id === peek) ?? -1;
  const peeked = rows?.[at];
  const openAt = (index: number): (() => void) | undefined => {
    const row = rows?.[index];
    return row && (() => change({ peek: row.id }, "replace"));
  };
  const newButton = (
    <ActionButton
      tone="primary"
      leftSection={<Plus size={14} />}
      keys="n"
      disabledReason={createOff}
      onClick={() => setOpened({ what: "create" })}
    >
      {t("apiKeys.new")}
    </ActionButton>
  );

  return (
    <Page
      title={t("nav.keys")}
      fill
      actions={newButton}
      peek={
        peeked ? (
          <KeyPeek
            apiKey={peeked}
            onEdit={() => setOpened({ what: "edit", key: peeked })}
            onRotate={() => setOpened({ what: "rotate", key: peeked })}
            onRevoke={() => setOpened({ what: "revoke", key: peeked })}
            onClose={() => change({ peek: undefined })}
            onPrevious={openAt(at - 1)}
            onNext={openAt(at + 1)}
          />
        ) : null
      }
    >
      <FilterBar
        search={
          <>
            <SearchField
              label={t(seesAll(me) ? "apiKeys.searchAll" : "apiKeys.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            <AddFilterChips choices={status ? [] : [statusChoice]} onAdd={(id, value) => change({ [id]: value })} />
          </>
        }
        chips={chips}
        onRemove={(id) => change({ [id]: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        fill
        label={t("nav.keys")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        {...toPaging(query)}
        empty={
          isFiltered ? (
            <EmptyState
              kind="none-match"
              title={t("apiKeys.empty.none")}
              body={t("apiKeys.empty.noneBody")}
              actions={
                <Button onClick={() => change({ q: undefined, status: undefined, owner: undefined })}>
                  {t("filter.clearAll")}
                </Button>
              }
            >
              <div className={classes.scopes}>
                {q ? (
                  <Chip chip={{ id: "q", name: t("apiKeys.search"), operator: t("filter.startsWith"), value: q }} />
                ) : null}
                {chips.map((chip) => (
                  <Chip key={chip.id} chip={chip} />
                ))}
              </div>
            </EmptyState>
          ) : (
            <EmptyState
              kind="never"
              icon={KeyRound}
              title={t("apiKeys.empty.never")}
              body={t("apiKeys.empty.neverBody")}
              actions={newButton}
            />
          )
        }
        openId={peek}
        onPeek={(row) =>
          change({ peek: row.id === peek ? undefined : row.id }, peek === undefined ? "push" : "replace")
        }
        onOpen={(row) => change({ peek: row.id }, peek === undefined ? "push" : "replace")}
        narrow={(row) => ({
          title: row.name,
          meta: (
            <>
              <code className="mono">swb_{row.prefix}…</code> · {t(`role.${row.role}`)}
            </>
          ),
          end: <StatusBadge status={row.status} />,
        })}
        footNote={
          <>
            {seesAll(me) ? null : <span>{t("apiKeys.ownOnly")}</span>}
            <span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>
          </>
        }
      />
      {opened?.what === "create" ? <CreateKeyDialog onMade={setMade} onClose={close} /> : null}
      {opened?.what === "edit" ? <EditKeyDialog apiKey={opened.key} onClose={close} /> : null}
      {opened?.what === "rotate" ? <RotateKeyDialog apiKey={opened.key} onMade={setMade} onClose={close} /> : null}
      {opened?.what === "revoke" ? <RevokeKeyDialog apiKey={opened.key} onClose={close} /> : null}
      {made ? <ShownKeyDialog made={made} onClose={() => setMade(undefined)} /> : null}
    </Page>
  );
}

/** Left out beside an open panel, which has them. */
const ROOMY = new Set(["scopes", "owner", "role", "expires"]);

function useKeyColumns(isTight: boolean, withOwner: boolean): readonly Column<ApiKey>[] {
  const t = useT();
  return useMemo(() => {
    const all: readonly Column<ApiKey>[] = [
      { id: "name", header: t("apiKeys.name"), cell: (key) => <span className="medium">{key.name}</span> },
      { id: "prefix", header: t("apiKeys.prefix"), width: 148, look: "mono", cell: (key) => `swb_${key.prefix}…` },
      { id: "role", header: t("apiKeys.role"), width: 100, cell: (key) => <Tag>{t(`role.${key.role}`)}</Tag> },
      {
        id: "scopes",
        header: t("apiKeys.scopes"),
        width: 130,
        cell: (key) =>
          key.scopes ? (
            <span title={key.scopes.join(", ")}>{t("apiKeys.scopes.count", { count: key.scopes.length })}</span>
          ) : (
            <span className="muted">{t("apiKeys.scopes.all")}</span>
          ),
      },
      { id: "owner", header: t("apiKeys.owner"), cell: (key) => <span className="fg-2">{key.ownerEmail}</span> },
      { id: "status", header: t("apiKeys.status"), width: 110, cell: (key) => <StatusBadge status={key.status} /> },
      {
        id: "lastUsed",
        header: t("apiKeys.lastUsed"),
        width: 120,
        align: "end",
        cell: (key) =>
          key.lastUsedAt ? <Time at={key.lastUsedAt} /> : <span className="muted">{t("apiKeys.neverUsed")}</span>,
      },
      {
        id: "expires",
        header: t("apiKeys.expires"),
        width: 110,
        align: "end",
        cell: (key) =>
          key.expiresAt ? <Time at={key.expiresAt} /> : <span className="muted">{t("apiKeys.expiresNever")}</span>,
      },
    ];
    return all.filter(({ id }) => !(isTight && ROOMY.has(id)) && (withOwner || id !== "owner"));
  }, [t, isTight, withOwner]);
}
