import { Link, useParams } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/imports.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { FigureStrip } from "../../ui/FigureStrip.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Time } from "../../ui/Time.tsx";
import { ColumnsPanel } from "./ColumnsPanel.tsx";
import { canMap, goodRows, isMoving, needsColumns, progressOf, stepOf, type UserImport } from "./import.ts";
import { ImportBadge } from "./ImportBadge.tsx";
import { ImportButtons } from "./ImportButtons.tsx";
import { ImportSteps } from "./ImportSteps.tsx";
import { NoImports } from "./NoImports.tsx";
import classes from "./Imports.module.css";
import { ProblemsPanel } from "./ProblemsPanel.tsx";
import { ProgressPanel } from "./ProgressPanel.tsx";
import { useImportActs } from "./use-import-acts.tsx";

const MOVING_MS = 900;
/** Somebody else may pause it or go on with it. */
const STILL_MS = 10_000;

/** One import, from its columns to its undo. All of it is the server's state: a reload, or another person, sees the same. */
export function ImportPage() {
  const may = useMay();
  return may("users.imports.get") ? <Import /> : <NoImports right="users.imports.get" />;
}

function Import() {
  const t = useT();
  const format = useFormat();
  const { id = "" } = useParams({ strict: false });
  const query = trpc.users.imports.get.useQuery({ id });
  const item = query.data;
  const acts = useImportActs(item);
  const [isDirty, setDirty] = useState(false);
  const utils = trpc.useUtils();
  const progress = item ? progressOf(item) : null;
  const refresh = async (): Promise<void> => {
    const before = item?.problemRows;
    const { data } = await query.refetch({ cancelRefetch: false });
    if (data && data.problemRows !== before) void utils.users.imports.problems.invalidate({ id });
  };
  return (
    <Page
      title={
        item && progress && isMoving(item)
          ? t("imports.title.moving", { percent: format.percent(progress.share, 0) })
          : (item?.fileName ?? t("imports.one"))
      }
      heading={item?.fileName ?? t("imports.one")}
      crumbs={[
        { label: t("nav.users"), to: "/users" },
        { label: t("imports.title"), to: "/users/imports" },
        { label: item?.fileName ?? id },
      ]}
      aside={item ? <ImportBadge item={item} soft /> : null}
      actions={item ? <ImportButtons item={item} acts={acts} isDirty={isDirty} /> : null}
    >
      <LiveRefresh everyMs={item && isMoving(item) ? MOVING_MS : STILL_MS} onDue={() => void refresh()} />
      <AsyncView query={query} errorTitle={t("imports.failed")}>
        {(found) => <Parts item={found} readAtMs={query.dataUpdatedAt} onDirty={setDirty} />}
      </AsyncView>
      {acts.dialog}
    </Page>
  );
}

interface PartsProps {
  readonly item: UserImport;
  readonly readAtMs: number;
  onDirty(isDirty: boolean): void;
}

function Parts({ item, readAtMs, onDirty }: PartsProps) {
  const t = useT();
  const problemsId = useId();
  const step = stepOf(item);
  const hasProgress = progressOf(item) !== null && item.state !== "aborted";
  return (
    <>
      <ImportSteps at={step} isOver={item.state === "done" || item.state === "undone"} />
      {item.problem ? <Notice tone={toneOf(item)} title={item.problem} /> : null}
      {item.state === "uploading" ? <p className="muted">{t("imports.uploading")}</p> : null}
      {hasProgress ? <ProgressPanel item={item} readAtMs={readAtMs} problemsId={problemsId} /> : null}
      {step === "check" && item.state === "ready" ? <DryRun item={item} /> : null}
      {isOver(item) ? <Outcome item={item} /> : null}
      {/* Anew with each mapping, so that its fields begin with what was checked. */}
      {canMap(item) || item.state === "checking" ? (
        <ColumnsPanel key={JSON.stringify([item.mapping, item.state])} item={item} onDirty={onDirty} />
      ) : null}
      {item.problemRows > 0 && item.state !== "checking" ? <ProblemsPanel item={item} id={problemsId} /> : null}
      <About item={item} />
    </>
  );
}

/** It came to an end with people in it. */
function isOver({ state, startedAt }: UserImport): boolean {
  return state === "done" || state === "undone" || (state === "aborted" && startedAt !== null);
}

function toneOf(item: UserImport): "warn" | "bad" | "info" {
  if (needsColumns(item)) return "warn";
  return item.state === "failed" ? "bad" : "info";
}

/** What would happen. */
function DryRun({ item }: { item: UserImport }) {
  const t = useT();
  const format = useFormat();
  return (
    <FigureStrip
      label={t("imports.dryRun")}
      figures={[
        { label: t("imports.dryRun.good"), value: format.number(goodRows(item)), unit: t("imports.dryRun.goodUnit") },
        {
          label: t("imports.dryRun.problems"),
          value: format.number(item.problemRows),
          unit: t("imports.dryRun.problemsUnit"),
          tone: item.problemRows > 0 ? "bad" : undefined,
        },
        { label: t("imports.dryRun.rows"), value: format.number(item.totalRows), unit: t("imports.dryRun.rowsUnit") },
      ]}
    />
  );
}

/** What did. */
function Outcome({ item }: { item: UserImport }) {
  const t = useT();
  const format = useFormat();
  return (
    <>
      <FigureStrip
        label={t("imports.outcome")}
        figures={[
          { label: t("imports.outcome.imported"), value: format.number(item.importedRows) },
          ...(item.state === "undone"
            ? [{ label: t("imports.outcome.undone"), value: format.number(item.undoneRows) }]
            : []),
          { label: t("imports.outcome.problems"), value: format.number(item.problemRows) },
        ]}
      />
      {item.undoUntil ? (
        <div className={classes.after}>
          <p className="muted">{t.rich("imports.undo.until", { until: <Time at={item.undoUntil} as="dateTime" /> })}</p>
          <Link to="/users">{t("imports.outcome.show")}</Link>
        </div>
      ) : null}
    </>
  );
}

function About({ item }: { item: UserImport }) {
  const t = useT();
  const format = useFormat();
  return (
    <Panel title={t("imports.about")}>
      <Facts
        facts={[
          { label: t("imports.by"), value: item.createdByEmail },
          { label: t("imports.when"), value: <Time at={item.createdAt} as="dateTime" /> },
          ...(item.startedAt
            ? [{ label: t("imports.started"), value: <Time at={item.startedAt} as="dateTime" /> }]
            : []),
          ...(item.finishedAt
            ? [{ label: t("imports.finished"), value: <Time at={item.finishedAt} as="dateTime" /> }]
            : []),
          { label: t("imports.column.rows"), value: format.number(item.totalRows) },
        ]}
      />
    </Panel>
  );
}
