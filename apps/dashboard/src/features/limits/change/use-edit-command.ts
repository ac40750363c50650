import { Pencil } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useCommands } from "../../../lib/commands.tsx";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { LimitActs } from "./use-limit-acts.tsx";

/** The edit of the limit whose details are open, in the palette. */
export function useEditCommand(name: string, { edit, offBecause }: LimitActs): void {
  const t = useT();
  const latest = useRef(edit);
  useEffect(() => {
    latest.current = edit;
  });
  useCommands(
    useMemo(
      () => [
        {
          id: "limits.edit",
          title: t("limitChange.editNamed", { name }),
          icon: Pencil,
          keys: "e",
          group: "here",
          disabledReason: offBecause,
          run: () => latest.current(),
        },
      ],
      [t, name, offBecause],
    ),
  );
}
