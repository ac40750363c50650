import { type ReactNode, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import type { AuditEvent } from "./changes.ts";
import { UndoDialog } from "./UndoDialog.tsx";

export interface Undo {
  /** Why an event cannot be taken back, or undefined. */
  offBecause(event: AuditEvent): string | undefined;
  /** Opens the preview. Does nothing when it is off. */
  start(event: AuditEvent): void;
  readonly dialog: ReactNode;
}

/** Takes back what an event did, after showing what that would change. `onShow` opens the event that the undo left. */
export function useUndo(onShow: (id: string) => void): Undo {
  const t = useT();
  const gate = useGate();
  const [asked, setAsked] = useState<AuditEvent>();
  const offBecause = ({ undo }: AuditEvent): string | undefined =>
    undo.code === null ? gate("audit.undo") : t(`audit.undo.off.${undo.code}`);
  return {
    offBecause,
    start: (event) => {
      if (offBecause(event) === undefined) setAsked(event);
    },
    dialog: asked ? <UndoDialog event={asked} onShow={onShow} onClose={() => setAsked(undefined)} /> : null,
  };
}
