import { type ReactNode, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { goodRows, type UserImport } from "./import.ts";

export type ImportAct = "start" | "pause" | "resume" | "abort" | "undo";

export interface ImportActs {
  offBecause(act: ImportAct): string | undefined;
  /** To abort and to undo is asked for first. */
  begin(act: ImportAct): void;
  readonly busy: ImportAct | null;
  readonly dialog: ReactNode;
}

/** What can be done to one import. Each act answers the import as it is then, which is shown at once. */
export function useImportActs(item: UserImport | undefined): ImportActs {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [asked, setAsked] = useState<"abort" | "undo">();
  const close = (): void => setAsked(undefined);

  const show = (next: UserImport): void => {
    utils.users.imports.get.setData({ id: next.id }, next);
    void utils.users.imports.list.invalidate();
    close();
  };
  const plain = {
    onSuccess: show,
    onError: (error: unknown) => {
      toast({ tone: "bad", title: t("imports.didNot"), detail: toAppError(error).message });
      void utils.users.imports.invalidate();
    },
  };
  const start = trpc.users.imports.start.useMutation(plain);
  const pause = trpc.users.imports.pause.useMutation(plain);
  const resume = trpc.users.imports.resume.useMutation(plain);
  const abort = trpc.users.imports.abort.useMutation({ onSuccess: show });
  const undo = trpc.users.imports.undo.useMutation({ onSuccess: show });
  const all = { start, pause, resume, abort, undo };

  const offBecause = (act: ImportAct): string | undefined => gate(`users.imports.${act}`);
  const begin = (act: ImportAct): void => {
    if (!item || offBecause(act) !== undefined || all[act].isPending) return;
    if (act === "abort" || act === "undo") {
      all[act].reset();
      setAsked(act);
    } else all[act].mutate({ id: item.id });
  };
  const busy = (["start", "pause", "resume", "abort", "undo"] as const).find((act) => all[act].isPending) ?? null;
  return { offBecause, begin, busy, dialog: item && asked ? dialogOf(asked, item) : null };

  function dialogOf(act: "abort" | "undo", found: UserImport): ReactNode {
    if (act === "abort") {
      const stored = found.importedRows;
      return (
        <ConfirmDialog
          danger
          title={t("imports.abort.title")}
          body={
            stored > 0
              ? t("imports.abort.body", { count: stored, left: format.number(goodRows(found) - stored) })
              : t("imports.abort.bodyNone")
          }
          confirmLabel={t("imports.abort.submit")}
          footNote={t("imports.abort.note")}
          isBusy={abort.isPending}
          error={abort.error}
          onConfirm={() => abort.mutate({ id: found.id })}
          onClose={close}
        />
      );
    }
    const count = found.importedRows - found.undoneRows;
    return (
      <ConfirmDialog
        danger
        withReason
        typed={String(count)}
        title={t("imports.undo.title")}
        body={t("imports.undo.body", { count })}
        confirmLabel={t("imports.undo.submit", { count })}
        footNote={t("imports.undo.note")}
        isBusy={undo.isPending}
        error={undo.error}
        onConfirm={(reason) => undo.mutate({ id: found.id, ...(reason ? { reason } : {}) })}
        onClose={close}
      />
    );
  }
}
