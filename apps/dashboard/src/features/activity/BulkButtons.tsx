import { Pause, Play, Undo2 } from "lucide-react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { type BulkSummary, canAbort, canUndo } from "./bulk-state.ts";
import type { BulkActs } from "./use-bulk-acts.tsx";

/** What the state allows; an undo says how long it still can be had. */
export function BulkButtons({ item, acts }: { item: BulkSummary; acts: BulkActs }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const isUndoable = canUndo(item, now);
  const isRunning = item.state === "running";
  useShortcut("p", t("activity.key.pause"), () => acts.begin(isRunning ? "pause" : "resume"), {
    active: canAbort(item),
  });
  useShortcut("z", t("keys.undo"), () => acts.begin("undo"), { active: isUndoable });
  return (
    <>
      {canAbort(item) ? (
        <ActionButton tone="danger" disabledReason={acts.offBecause("abort")} onClick={() => acts.begin("abort")}>
          {t("activity.abort")}
        </ActionButton>
      ) : null}
      {isUndoable && item.undoUntil !== null ? (
        <>
          <span className="muted num">
            {t("activity.undo.left", { time: format.clock(Date.parse(item.undoUntil) - now) })}
          </span>
          <ActionButton
            keys="z"
            leftSection={<Undo2 size={14} />}
            disabledReason={acts.offBecause("undo")}
            onClick={() => acts.begin("undo")}
          >
            {t("activity.undo")}
          </ActionButton>
        </>
      ) : null}
      {isRunning ? (
        <ActionButton
          keys="p"
          leftSection={<Pause size={14} />}
          disabledReason={acts.offBecause("pause")}
          loading={acts.busy === "pause"}
          onClick={() => acts.begin("pause")}
        >
          {t("activity.pause")}
        </ActionButton>
      ) : null}
      {item.state === "paused" ? (
        <ActionButton
          keys="p"
          tone="primary"
          leftSection={<Play size={14} />}
          disabledReason={acts.offBecause("resume")}
          loading={acts.busy === "resume"}
          onClick={() => acts.begin("resume")}
        >
          {t("activity.resume")}
        </ActionButton>
      ) : null}
    </>
  );
}
