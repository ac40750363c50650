import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { PeekSection } from "../../ui/PeekPanel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { describeAgent } from "../users/describe-agent.ts";
import type { ApiKey } from "./key.ts";
import classes from "./Keys.module.css";

type Caller = Outputs["access"]["keys"]["callers"]["items"][number];

const REFRESH_MS = 5000;
/** The server keeps no more of one key. */
const CALLERS_MAX = 100;

/** Who uses the key, and while two secrets work, who still has the old one: seen before it ends. */
export function KeyCallers({ apiKey }: { apiKey: ApiKey }) {
  const t = useT();
  const query = trpc.access.keys.callers.useQuery({ id: apiKey.id });
  const old = query.data?.items.filter(({ isPrevious }) => isPrevious) ?? [];
  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      {apiKey.previousExpiresAt ? (
        <PeekSection
          title={t("apiKeys.previous")}
          end={<StatusBadge status="retrying">{t("apiKeys.rotating")}</StatusBadge>}
        >
          <p>{t.rich("apiKeys.previousWorks", { until: <Time at={apiKey.previousExpiresAt} as="dateTime" /> })}</p>
          {query.data ? (
            <p role="status" className={old.length > 0 ? "warn medium" : "ok medium"}>
              {old.length > 0 ? t("apiKeys.callers.old", { count: old.length }) : t("apiKeys.previousUnused")}
            </p>
          ) : null}
        </PeekSection>
      ) : null}
      <PeekSection title={t("apiKeys.callers")} end={<span className="muted">{t("apiKeys.callers.window")}</span>}>
        <AsyncView query={query} skeleton={<SkeletonLines lines={2} height={40} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="muted">{t("apiKeys.callers.none")}</p>
            ) : (
              <ul className={classes.callers} aria-label={t("apiKeys.callers")}>
                {items.map((caller) => (
                  <CallerRow key={`${caller.address} ${caller.isPrevious}`} caller={caller} />
                ))}
              </ul>
            )
          }
        </AsyncView>
      </PeekSection>
    </>
  );
}

function CallerRow({ caller }: { caller: Caller }) {
  const t = useT();
  return (
    <li className={classes.caller}>
      <span className="mono truncate">{caller.address}</span>
      <span className="muted truncate" title={caller.userAgent ?? undefined}>
        {describeAgent(caller.userAgent) ?? t("apiKeys.callers.unnamed")}
      </span>
      {caller.isPrevious ? <Tag strong>{t("apiKeys.callers.isOld")}</Tag> : <span />}
      <Time at={caller.lastUsedAt} />
    </li>
  );
}

/** In a dialog: how many would notice. */
export function CallersNow({ keyId }: { keyId: string }) {
  const t = useT();
  const query = trpc.access.keys.callers.useQuery({ id: keyId }, { staleTime: 0 });
  if (!query.data) return query.error ? null : <SkeletonLines lines={1} height={20} />;
  const { items } = query.data;
  const [last] = items;
  return (
    <p role="status" className="medium">
      {last
        ? t.rich(items.length >= CALLERS_MAX ? "apiKeys.callers.many" : "apiKeys.callers.now", {
            count: items.length,
            when: <Time at={last.lastUsedAt} />,
          })
        : t("apiKeys.callers.none")}
    </p>
  );
}
