import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { CreateKeyDialog } from "./CreateKeyDialog.tsx";
import type { ApiKey, MadeKey } from "./key.ts";
import { KeyPeek } from "./KeyPeek.tsx";
import { keysSearch } from "./keys.search.ts";
import { RevokeKeyDialog } from "./RevokeKeyDialog.tsx";
import { RotateKeyDialog } from "./RotateKeyDialog.tsx";
import { ShownKeyDialog } from "./ShownKeyDialog.tsx";

const PAGE_ROWS = 100;

type Opened = { readonly what: "create" } | { readonly what: "rotate" | "revoke"; readonly key: ApiKey };

export function KeysPage() {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const { search, change } = usePageSearch(keysSearch);
  const { peek } = search;
  const query = trpc.access.keys.list.useInfiniteQuery(
    { limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const [opened, setOpened] = useState<Opened>();
  const [made, setMade] = useState<MadeKey>();
  const columns = useKeyColumns(peek !== undefined);
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
            onRotate={() => setOpened({ what: "rotate", key: peeked })}
            onRevoke={() => setOpened({ what: "revoke", key: peeked })}
            onClose={() => change({ peek: undefined })}
            onPrevious={openAt(at - 1)}
            onNext={openAt(at + 1)}
          />
        ) : null
      }
    >
      {search._invalid ? (
        <FilterBar
          chips={[]}
          onRemove={() => undefined}
          invalid={search._invalid}
          onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
        />
      ) : null}
      <DataTable
        fill
        label={t("nav.keys")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={
          <EmptyState
            kind="never"
            icon={KeyRound}
            title={t("apiKeys.empty.never")}
            body={t("apiKeys.empty.neverBody")}
            actions={newButton}
          />
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
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onLoadMore={() => void query.fetchNextPage()}
        footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
      />
      {opened?.what === "create" ? <CreateKeyDialog onMade={setMade} onClose={close} /> : null}
      {opened?.what === "rotate" ? <RotateKeyDialog apiKey={opened.key} onMade={setMade} onClose={close} /> : null}
      {opened?.what === "revoke" ? <RevokeKeyDialog apiKey={opened.key} onClose={close} /> : null}
      {made ? <ShownKeyDialog made={made} onClose={() => setMade(undefined)} /> : null}
    </Page>
  );
}

/** Left out beside an open panel, which has them. */
const ROOMY = new Set(["scopes", "owner"]);

function useKeyColumns(isTight: boolean): readonly Column<ApiKey>[] {
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
    return isTight ? all.filter(({ id }) => !ROOMY.has(id)) : all;
  }, [t, isTight]);
}
