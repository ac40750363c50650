import { UserPlus } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useCommands } from "../../../lib/commands.tsx";
import "../../../lib/i18n/en/limit-callers.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import type { OverrideActs } from "./use-override-acts.tsx";

/** An allowance of its own at the rate whose details are open: `o`, and in the palette. Slots know no callers. */
export function useGiveCommand(name: string, isRate: boolean, { give, offBecause }: OverrideActs): void {
  const t = useT();
  const latest = useRef(give);
  useEffect(() => {
    latest.current = give;
  });
  const title = t("limitCallers.giveNamed", { name });
  useShortcut("o", title, () => give(), { active: isRate });
  useCommands(
    useMemo(
      () =>
        isRate
          ? [
              {
                id: "limits.override",
                title,
                icon: UserPlus,
                keys: "o",
                group: "here",
                disabledReason: offBecause,
                run: () => latest.current(),
              },
            ]
          : [],
      [isRate, title, offBecause],
    ),
  );
}
