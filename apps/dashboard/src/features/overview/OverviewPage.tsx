import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { Page } from "../../ui/Page.tsx";
import { FailingPanel } from "./FailingPanel.tsx";
import { KpiTiles } from "./KpiTiles.tsx";
import { LatencyPanel } from "./LatencyPanel.tsx";
import { MarkedEvent } from "./MarkedEvent.tsx";
import classes from "./Overview.module.css";
import { PressurePanel } from "./PressurePanel.tsx";
import { RecentActs } from "./RecentActs.tsx";
import { ThroughputPanel } from "./ThroughputPanel.tsx";
import { useOverviewData } from "./use-overview-data.ts";
import { VerdictLine } from "./VerdictLine.tsx";

/** A step of the series is ten seconds at its finest; asking more often would bring the same points. */
const REFRESH_MS = 10_000;

export function OverviewPage() {
  const t = useT();
  const data = useOverviewData();
  return (
    <Page title={t("nav.overview")} isHeadingHidden>
      <LiveRefresh everyMs={REFRESH_MS} onDue={data.refresh} />
      <div className={classes.overview}>
        <VerdictLine data={data} />
        <MarkedEvent data={data} />
        <KpiTiles data={data} />
        <div className={classes.charts}>
          <LatencyPanel data={data} />
          <ThroughputPanel data={data} />
        </div>
        <div className={classes.lists}>
          <FailingPanel data={data} />
          <PressurePanel data={data} />
        </div>
        <RecentActs />
      </div>
    </Page>
  );
}
