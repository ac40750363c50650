import { Tooltip } from "@mantine/core";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useLive } from "../../lib/live.tsx";
import classes from "./LiveBadge.module.css";

/** Whether figures come by themselves, and how old the newest is. */
export function LiveBadge({ isShort }: { isShort?: boolean }) {
  const t = useT();
  const format = useFormat();
  const { status, receivedAtMs } = useLive();
  const now = useNow(500);
  const word = t(`live.${status}`);
  const ageMs = receivedAtMs === null ? null : Math.max(0, now - receivedAtMs);
  const age = ageMs === null ? null : format.fixed(ageMs / 1000, ageMs < 10_000 ? 1 : 0);
  const badge = (
    <span className={classes.badge} data-status={status}>
      <span className={classes.dot} aria-hidden />
      {isShort ? <span className="visually-hidden">{word}</span> : <span className="medium">{word}</span>}
      {age === null ? null : <span className={classes.age}>{t("live.age", { seconds: age })}</span>}
    </span>
  );
  return status === "polling" ? <Tooltip label={t("live.pollingWhy")}>{badge}</Tooltip> : badge;
}
