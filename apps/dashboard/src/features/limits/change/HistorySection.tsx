import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { useMay } from "../../../lib/session.tsx";
import { type Outputs, trpc } from "../../../lib/trpc.ts";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { Time } from "../../../ui/Time.tsx";
import type { Limit } from "../limit.ts";
import classes from "./LimitChange.module.css";
import { revisionOf } from "./limit-form.ts";
import { ValueChanges } from "./ValueChanges.tsx";

type Entry = Outputs["limits"]["history"]["items"][number];

const PAGE_ROWS = 10;
/** The entry of a limit that went back by itself is written a little after it did. */
const REFRESH_EVERY_MS = 5000;

/** Who changed a limit, newest first. */
export function HistorySection({ limit }: { limit: Limit }) {
  const t = useT();
  const may = useMay();
  const query = trpc.limits.history.useInfiniteQuery(
    { name: limit.name, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const refresh = (): void => void query.refetch({ cancelRefetch: false });
  useOnChange(revisionOf(limit), refresh);
  return (
    <PeekSection
      title={t("limitChange.history")}
      end={
        may("audit.list") ? (
          <Link to="/audit" search={{ target: limit.name }}>
            {t("limitChange.history.audit")}
          </Link>
        ) : null
      }
    >
      <LiveRefresh everyMs={REFRESH_EVERY_MS} onDue={refresh} />
      <AsyncView query={query} skeleton={<SkeletonLines lines={2} />} errorTitle={t("limitChange.history.failed")}>
        {({ pages }) => <Entries limit={limit} entries={pages.flatMap(({ items }) => items)} />}
      </AsyncView>
      {query.hasNextPage ? (
        <div className={classes.buttons}>
          <Button size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("limitChange.history.more")}
          </Button>
        </div>
      ) : null}
    </PeekSection>
  );
}

/** Not on the first drawing. */
function useOnChange(value: number, run: () => void): void {
  const last = useRef(value);
  useEffect(() => {
    if (last.current === value) return;
    last.current = value;
    run();
  });
}

function Entries({ limit, entries }: { limit: Limit; entries: readonly Entry[] }) {
  const t = useT();
  if (entries.length === 0) return <p className="muted">{t("limitChange.history.none")}</p>;
  return (
    <ol className={classes.entries}>
      {entries.map((entry) => (
        <li key={entry.id} className={classes.entry}>
          <div className={classes.entryHead}>
            <ValueChanges limit={limit} from={entry.before} to={entry.after} />
            <span className="muted meta">
              <Time at={entry.at} />
            </span>
          </div>
          {entry.caller === null ? null : (
            <p className="meta">
              <span className="muted">{t("limitChange.caller")}</span> <span className="mono">{entry.caller}</span>
            </p>
          )}
          <p className={classes.by}>
            <Cause entry={entry} />
            {entry.reason === null ? null : <q className={classes.reason}>{entry.reason}</q>}
          </p>
        </li>
      ))}
    </ol>
  );
}

function Cause({ entry: { cause, by, revertAt } }: { entry: Entry }) {
  const t = useT();
  const format = useFormat();
  return (
    <span className="muted meta">
      {(cause === "update" || cause === "override") && revertAt !== null
        ? t(`limitChange.cause.${cause}Until`, { who: by, time: format.timeShort(revertAt) })
        : t(`limitChange.cause.${cause}`, { who: by })}
    </span>
  );
}
