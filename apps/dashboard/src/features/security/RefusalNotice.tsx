import { useEffect } from "react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Notice } from "../../ui/Notice.tsx";
import type { RefusalState } from "./refusal.ts";

/** What cannot be said at a field: a lock, a server that is away. Nothing for a wrong password, which its field says. */
export function RefusalNotice({ state }: { state: RefusalState }) {
  const { refusal, clear } = state;
  if (refusal === null || refusal.kind === "wrong") return null;
  if (refusal.kind === "limited") return <LimitedNotice untilMs={refusal.untilMs} onOver={clear} />;
  return <Notice tone="bad" title={refusal.message} />;
}

/** Too many wrong tries: when the next one counts. */
export function LimitedNotice({ untilMs, onOver }: { untilMs: number; onOver: () => void }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(500);
  const seconds = Math.ceil((untilMs - now) / 1000);
  useEffect(() => {
    if (seconds <= 0) onOver();
  }, [seconds, onOver]);
  return (
    <Notice tone="warn" title={t("signIn.limited")}>
      {/* A timer is read when somebody comes to it, and not out loud each second as the notice around it would be. */}
      <span role="timer" className="num">
        {t("signIn.tryAgain", { time: format.clock(seconds * 1000) })}
      </span>
    </Notice>
  );
}
