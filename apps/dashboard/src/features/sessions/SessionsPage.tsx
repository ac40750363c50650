import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { type SearchOf, withoutInvalid } from "../../lib/search.ts";
import { useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Chip, FilterBar, type FilterChip } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { Time } from "../../ui/Time.tsx";
import { EndMatchingDialog } from "./EndMatchingDialog.tsx";
import { EndSelectedDialog } from "./EndSelectedDialog.tsx";
import { seesAll, type Session, type SessionsFilter } from "./session.ts";
import { Device, useSessionColumns } from "./session-columns.tsx";
import { SessionPeek } from "./SessionPeek.tsx";
import { idleChoices, sessionsSearch } from "./sessions.search.ts";
import classes from "./Sessions.module.css";
import { useEndSessions } from "./use-end-sessions.ts";

const PAGE_ROWS = 100;

/** What a dialog is about, frozen when it opens. */
type Opened =
  | { readonly what: "matching"; readonly filter: SessionsFilter; readonly chips: readonly FilterChip[] }
  | { readonly what: "selected"; readonly sessions: readonly Session[]; readonly spared: number };

export function SessionsPage() {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const me = useMe();
  const { search, change } = usePageSearch(sessionsSearch);
  const { q, idle, user, peek } = search;
  const filter: SessionsFilter = {
    ...(q ? { search: q } : {}),
    ...(idle ? { idleDays: Number(idle) } : {}),
    ...(user ? { userId: user } : {}),
  };
  const query = trpc.access.sessions.list.useInfiniteQuery(
    { ...filter, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const ending = useEndSessions();
  const rows = query.data?.pages.flatMap((page) => page.items).filter(({ id }) => !ending.ended.has(id));
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<Opened>();
  const isTight = useMediaQuery("(max-width: 1099px)") || peek !== undefined;
  const columns = useSessionColumns(isTight, seesAll(me));
  const chips = useFilterChips(search, rows);

  const at = rows?.findIndex((row) => row.id === peek) ?? -1;
  const peeked = rows?.[at];
  const openAt = (index: number): (() => void) | undefined => {
    const row = rows?.[index];
    return row && (() => change({ peek: row.id }, "replace"));
  };
  const selected = rows?.filter((row) => selection.has(row.id)) ?? [];
  const endable = selected.filter((row) => ending.offBecause(row) === undefined);
  const isFiltered = Object.keys(filter).length > 0;
  const clear = (): void => change({ q: undefined, idle: undefined, user: undefined });
  const idleChoice = {
    id: "idle",
    name: t("sessionsPage.idle"),
    options: idleChoices.map((value) => ({ value, label: t("sessionsPage.idle.days", { count: Number(value) }) })),
  };

  const buttonOf = (row: Session) => (
    <ActionButton
      size="xs"
      tone="danger"
      aria-label={t("sessions.endOf", { name: row.email })}
      disabledReason={ending.offBecause(row)}
      onClick={() => ending.end(row)}
    >
      {t("sessions.end")}
    </ActionButton>
  );

  return (
    <Page
      title={t("nav.sessions")}
      fill
      actions={
        <ActionButton
          tone="danger"
          disabledReason={gate("access.sessions.revokeAll")}
          onClick={() => setOpened({ what: "matching", filter, chips: wordsOf(search, chips, t) })}
        >
          {t(isFiltered ? "sessionsPage.endMatching" : "sessionsPage.endAll")}
        </ActionButton>
      }
      peek={
        peeked ? (
          <SessionPeek
            session={peeked}
            offBecause={ending.offBecause(peeked)}
            onEnd={() => {
              ending.end(peeked);
              change({ peek: undefined }, "replace");
            }}
            onEndAll={() =>
              setOpened({
                what: "matching",
                filter: { userId: peeked.userId },
                chips: [{ id: "user", name: t("sessionsPage.person"), value: peeked.email }],
              })
            }
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
              label={t("sessionsPage.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            <AddFilterChips choices={idle ? [] : [idleChoice]} onAdd={(id, value) => change({ [id]: value })} />
          </>
        }
        chips={chips}
        onRemove={(id) => change({ [id]: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        fill
        label={t("nav.sessions")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.email}
        {...toPaging(query)}
        empty={<NoSessions isFiltered={isFiltered} chips={wordsOf(search, chips, t)} onClear={clear} />}
        selection={selection}
        onSelectionChange={setSelection}
        bulkActions={
          <ActionButton
            size="xs"
            tone="danger"
            disabledReason={
              gate("access.sessions.revoke") ?? (endable.length === 0 ? t("sessionsPage.selected.none") : undefined)
            }
            onClick={() => setOpened({ what: "selected", sessions: endable, spared: selected.length - endable.length })}
          >
            {t("sessionsPage.selected.end", { count: endable.length })}
          </ActionButton>
        }
        openId={peek}
        onPeek={(row) =>
          change({ peek: row.id === peek ? undefined : row.id }, peek === undefined ? "push" : "replace")
        }
        onOpen={(row) => change({ peek: row.id }, peek === undefined ? "push" : "replace")}
        rowActions={buttonOf}
        narrow={(row) => ({
          title: seesAll(me) ? row.email : <Device session={row} />,
          meta: (
            <span className={classes.where}>
              {seesAll(me) ? <Device session={row} /> : null}
              <span className="mono">{row.address}</span>
            </span>
          ),
          end: <Time at={row.lastSeenAt} />,
        })}
        footNote={
          <>
            {seesAll(me) ? null : <span>{t("sessionsPage.ownOnly")}</span>}
            <span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>
          </>
        }
      />
      {opened?.what === "matching" ? (
        <EndMatchingDialog
          filter={opened.filter}
          chips={opened.chips}
          onDone={() => setSelection(new Set())}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
      {opened?.what === "selected" ? (
        <EndSelectedDialog
          sessions={opened.sessions}
          spared={opened.spared}
          onDone={() => setSelection(new Set())}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
    </Page>
  );
}

type Search = SearchOf<{
  readonly q: { parse(raw: string): string | undefined };
  readonly idle: { parse(raw: string): (typeof idleChoices)[number] | undefined };
  readonly user: { parse(raw: string): string | undefined };
}>;

/** The filters besides the search field. A person is named by a row of theirs, or looked up when there is none. */
function useFilterChips({ idle, user }: Search, rows: readonly Session[] | undefined): readonly FilterChip[] {
  const t = useT();
  const listed = rows?.find((row) => row.userId === user)?.email;
  const fetched = trpc.users.get.useQuery(
    { id: user ?? "" },
    { enabled: user !== undefined && rows !== undefined && listed === undefined },
  );
  return [
    ...(user ? [{ id: "user", name: t("sessionsPage.person"), value: listed ?? fetched.data?.email ?? user }] : []),
    ...(idle
      ? [
          {
            id: "idle",
            name: t("sessionsPage.idle"),
            operator: t("sessionsPage.idle.for"),
            value: t("sessionsPage.idle.days", { count: Number(idle) }),
          },
        ]
      : []),
  ];
}

/** All filters in words, that of the search field too. */
function wordsOf({ q }: Search, chips: readonly FilterChip[], t: Translate): readonly FilterChip[] {
  const searched = { id: "q", name: t("sessionsPage.search"), operator: t("filter.startsWith"), value: q ?? "" };
  return q ? [searched, ...chips] : chips;
}

function NoSessions(props: { isFiltered: boolean; chips: readonly FilterChip[]; onClear: () => void }) {
  const t = useT();
  if (!props.isFiltered) {
    return (
      <EmptyState
        kind="never"
        icon={MonitorSmartphone}
        title={t("sessionsPage.empty.never")}
        body={t("sessionsPage.empty.neverBody")}
        actions={<Link to="/keys">{t("nav.keys")}</Link>}
      />
    );
  }
  return (
    <EmptyState
      kind="none-match"
      title={t("sessionsPage.empty.none")}
      body={t("sessionsPage.empty.noneBody")}
      actions={<Button onClick={props.onClear}>{t("filter.clearAll")}</Button>}
    >
      <div className={classes.chips}>
        {props.chips.map((chip) => (
          <Chip key={chip.id} chip={chip} />
        ))}
      </div>
    </EmptyState>
  );
}
