import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useMemo } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { saveFile } from "../../lib/save-file.ts";
import { useGate } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { toPaging } from "../../ui/table/paged.ts";
import { useToast } from "../../ui/Toasts.tsx";
import type { UserImport } from "./import.ts";

type Problem = Outputs["users"]["imports"]["problems"]["items"][number];
const PAGE_ROWS = 50;

/** The rows that are not taken, by line of the file, and all of them as a file to mend. */
export function ProblemsPanel({ item, id }: { item: UserImport; id: string }) {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const toast = useToast();
  // Counted along: as rows are refused while it runs, what was read is out of date.
  const query = trpc.users.imports.problems.useInfiniteQuery(
    { id: item.id, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const columns = useProblemColumns();
  const save = useMutation({
    mutationFn: () =>
      saveFile(`/api/users/imports/${item.id}/problems.csv`, { fileName: `problems-${baseName(item.fileName)}.csv` }),
    onError: (error) =>
      toast({ tone: "bad", title: t("imports.problems.notSaved"), detail: toAppError(error).message }),
  });
  return (
    <div id={id} tabIndex={-1}>
      <Panel
        title={t("imports.problems")}
        scope={t("imports.problems.count", { count: item.problemRows })}
        flush
        end={
          <ActionButton
            leftSection={<Download size={14} />}
            disabledReason={gate("users.imports.problems")}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {t("imports.problems.save")}
          </ActionButton>
        }
      >
        <DataTable
          label={t("imports.problems")}
          columns={columns}
          rows={rows}
          rowId={(row) => String(row.line)}
          rowName={(row) => t("imports.line", { line: row.line })}
          {...toPaging(query)}
          empty={<EmptyState kind="never" title={t("imports.problems.none")} />}
          narrow={(row) => ({ title: row.problem, meta: row.cells.join(" · "), end: format.number(row.line) })}
        />
      </Panel>
    </div>
  );
}

function useProblemColumns(): readonly Column<Problem>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: "line",
        header: t("imports.problems.line"),
        width: 88,
        align: "end",
        cell: ({ line }) => format.number(line),
      },
      {
        id: "problem",
        header: t("imports.problems.why"),
        cell: ({ problem }) => <span title={problem}>{problem}</span>,
      },
      {
        id: "cells",
        header: t("imports.problems.cells"),
        look: "muted",
        cell: ({ cells }) => <span title={cells.join(", ")}>{cells.join(" · ")}</span>,
      },
    ],
    [t, format],
  );
}

function baseName(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, "");
}
