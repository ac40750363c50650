import { Pause, Play, Undo2 } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { canAbort, canResume, canUndo, goodRows, type UserImport } from "./import.ts";
import type { ImportActs } from "./use-import-acts.tsx";

export interface ImportButtonsProps {
  readonly item: UserImport;
  readonly acts: ImportActs;
  /** Other columns were chosen and are not checked yet. */
  readonly isDirty: boolean;
}

/** What the state allows; what is to be done next is filled. */
export function ImportButtons({ item, acts, isDirty }: ImportButtonsProps) {
  const t = useT();
  const { state } = item;
  const count = goodRows(item);
  return (
    <>
      {canAbort(item) ? (
        <ActionButton tone="danger" disabledReason={acts.offBecause("abort")} onClick={() => acts.begin("abort")}>
          {t("imports.abort")}
        </ActionButton>
      ) : null}
      {canUndo(item) ? (
        <ActionButton
          tone="danger"
          leftSection={<Undo2 size={14} />}
          disabledReason={
            acts.offBecause("undo") ??
            (item.undoUntil === null && state !== "paused" ? t("imports.undo.tooLate") : undefined)
          }
          onClick={() => acts.begin("undo")}
        >
          {t("imports.undo")}
        </ActionButton>
      ) : null}
      {state === "running" ? (
        <ActionButton
          leftSection={<Pause size={14} />}
          disabledReason={acts.offBecause("pause")}
          loading={acts.busy === "pause"}
          onClick={() => acts.begin("pause")}
        >
          {t("imports.pause")}
        </ActionButton>
      ) : null}
      {canResume(item) ? (
        <ActionButton
          tone="primary"
          leftSection={<Play size={14} />}
          disabledReason={acts.offBecause("resume")}
          loading={acts.busy === "resume"}
          onClick={() => acts.begin("resume")}
        >
          {t("imports.resume")}
        </ActionButton>
      ) : null}
      {state === "ready" ? (
        <ActionButton
          tone="primary"
          disabledReason={
            acts.offBecause("start") ??
            (isDirty ? t("imports.start.dirty") : count === 0 ? t("imports.start.noneGood") : undefined)
          }
          loading={acts.busy === "start"}
          onClick={() => acts.begin("start")}
        >
          {t("imports.start", { count })}
        </ActionButton>
      ) : null}
    </>
  );
}
