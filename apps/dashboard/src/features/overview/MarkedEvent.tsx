import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { MapPin } from "lucide-react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { useMay } from "../../lib/session.tsx";
import { Notice } from "../../ui/Notice.tsx";
import classes from "./Overview.module.css";
import { overviewSearch } from "./overview.search.ts";
import type { OverviewData } from "./use-overview-data.ts";

/** Which event of the audit log the charts call out, and whether it is in their window at all. */
export function MarkedEvent({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const { search, change } = usePageSearch(overviewSearch);
  const { marked, windows, rangeMs } = data;
  const may = useMay();
  if (search.mark === undefined || !may("audit.get")) return null;
  const clear = (
    <Button size="xs" variant="subtle" onClick={() => change({ mark: undefined }, "replace")}>
      {t("overview.marked.clear")}
    </Button>
  );
  if (marked.error) return <Notice tone="bad" title={toAppError(marked.error).message} end={clear} />;
  const event = marked.data;
  // Its room is kept while it is read, so that nothing below it moves.
  if (!event) return <div className={classes.verdictRoom} aria-hidden />;
  const first = windows?.current[0];
  const isBefore = first !== undefined && Date.parse(event.at) < Date.parse(first.at);
  return (
    <Notice
      tone={isBefore ? "warn" : "info"}
      icon={MapPin}
      title={isBefore ? t("overview.marked.outside", { window: format.duration(rangeMs) }) : t("overview.marked")}
      end={
        <>
          <Button
            size="xs"
            className={classes.linkButton ?? ""}
            renderRoot={(props) => <Link to="/audit" search={{ peek: event.id }} {...props} />}
          >
            {t("overview.marked.open")}
          </Button>
          {clear}
        </>
      }
    >
      {t.rich("overview.marked.event", {
        time: format.dateTime(event.at),
        action: <code className="mono">{event.action}</code>,
        who: event.keyName ?? event.actorEmail ?? t(`audit.via.${event.via}`),
      })}
    </Notice>
  );
}
