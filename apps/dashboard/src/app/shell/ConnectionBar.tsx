import { Button } from "@mantine/core";
import { Unplug } from "lucide-react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Live, useLive } from "../../lib/live.tsx";
import { Notice } from "../../ui/Notice.tsx";
import classes from "./ConnectionBar.module.css";

export function ConnectionBar() {
  const live = useLive();
  return live.status === "lost" && live.lostSinceMs !== null ? (
    <LostBar live={live} sinceMs={live.lostSinceMs} />
  ) : null;
}

function LostBar({ live, sinceMs }: { live: Live; sinceMs: number }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(500);
  const { receivedAtMs, retryAtMs } = live;
  return (
    <div className={classes.bar}>
      <Notice
        tone="warn"
        icon={Unplug}
        title={t("lost.title")}
        end={
          <>
            <span>{t("lost.actionsOff")}</span>
            <Button size="xs" onClick={live.retryNow}>
              {t("lost.retryNow")}
            </Button>
          </>
        }
      >
        {/* The figures that move are not read out: a live region that speaks each second is noise. */}
        <span aria-hidden>
          <span className="num medium">{format.clock(now - sinceMs)}</span>{" "}
          {receivedAtMs === null ? t("lost.noData") : t("lost.showing", { time: format.time(receivedAtMs) })}{" "}
          {retryAtMs === null
            ? t("lost.trying")
            : t("lost.retrying", { seconds: Math.max(0, Math.ceil((retryAtMs - now) / 1000)) })}
        </span>
      </Notice>
    </div>
  );
}
