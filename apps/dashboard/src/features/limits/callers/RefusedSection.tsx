import { Button } from "@mantine/core";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-callers.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { Time } from "../../../ui/Time.tsx";
import type { Limit } from "../limit.ts";
import type { Refused } from "./caller.ts";
import { CallerName } from "./CallerName.tsx";
import classes from "./Callers.module.css";
import type { OverrideActs } from "./use-override-acts.tsx";

const PAGE_ROWS = 5;
const REFRESH_EVERY_MS = 2000;

/** Whom a rate refused lately, last refused first. */
export function RefusedSection({ limit, acts }: { limit: Limit; acts: OverrideActs }) {
  const t = useT();
  const query = trpc.limits.blocked.useInfiniteQuery(
    { name: limit.name, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor },
  );
  return (
    <PeekSection
      title={t("limitCallers.refused")}
      end={<span className="muted meta">{t("limitCallers.refused.note")}</span>}
    >
      {/* Each page that is shown is asked for again: more of them less often. */}
      <LiveRefresh
        everyMs={REFRESH_EVERY_MS * (query.data?.pages.length ?? 1)}
        onDue={() => void query.refetch({ cancelRefetch: false })}
      />
      <AsyncView query={query} skeleton={<SkeletonLines lines={2} />} errorTitle={t("limitCallers.refused.failed")}>
        {({ pages }) => <RefusedList items={pages.flatMap(({ items }) => items)} acts={acts} />}
      </AsyncView>
      {query.hasNextPage ? (
        <div>
          <Button size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("limitCallers.refused.more")}
          </Button>
        </div>
      ) : null}
    </PeekSection>
  );
}

function RefusedList({ items, acts }: { items: readonly Refused[]; acts: OverrideActs }) {
  const t = useT();
  if (items.length === 0) return <p className="muted">{t("limitCallers.refused.none")}</p>;
  // A caller that is refused between two pages comes once more, with the newer figures first.
  const byCaller = new Map(items.toReversed().map((item) => [item.caller, item]));
  return (
    <ul className={classes.list} aria-label={t("limitCallers.refused")}>
      {[...byCaller.values()].toReversed().map((item) => (
        <RefusedItem key={item.caller} item={item} acts={acts} />
      ))}
    </ul>
  );
}

function RefusedItem({ item, acts }: { item: Refused; acts: OverrideActs }) {
  const t = useT();
  const format = useFormat();
  const { caller, label, refused, refusedPerSecond, lastAt, retryAfterMs, hasOverride } = item;
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <CallerName caller={caller} label={label} />
        {hasOverride ? null : (
          <ActionButton
            size="xs"
            aria-label={t("limitCallers.giveTo", { caller: label ?? caller })}
            disabledReason={acts.offBecause}
            onClick={() => acts.give({ caller, label })}
          >
            {t("limitCallers.give")}
          </ActionButton>
        )}
      </div>
      <p className={`${classes.facts} meta`}>
        <span className={refusedPerSecond > 0 ? "num bad" : "num"}>
          {t("limitCallers.refused.calls", { count: refused })}
        </span>
        <span className="muted">{t.rich("limitCallers.refused.last", { time: <Time at={lastAt} /> })}</span>
        <span className="muted num">
          {retryAfterMs > 0
            ? t("limitCallers.refused.next", { left: format.duration(retryAfterMs) })
            : t("limitCallers.refused.now")}
        </span>
      </p>
    </li>
  );
}
