import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { classOf, type Limit, policyOf } from "./limit.ts";

const SECOND_MS = 1000;

/** The limit in one line: "1,000/s, burst 200, per caller". */
export function useLimitLine(): (limit: Limit) => string {
  const t = useT();
  const format = useFormat();
  return (limit) => {
    const scope = t(`limits.scope.${limit.scope}`);
    if (limit.kind === "concurrency") {
      return t("limits.line.slots", { count: limit.limit, queue: limit.queueLimit ?? 0, scope });
    }
    const rate =
      limit.windowMs === SECOND_MS
        ? t("limits.perSecond", { rate: format.number(limit.limit, 3) })
        : t("limits.inWindow", { count: limit.limit, window: format.duration(limit.windowMs ?? 0) });
    return limit.burst === null
      ? t("limits.line.window", { rate, scope })
      : t("limits.line.burst", { rate, burst: limit.burst, scope });
  };
}

/** The same as sentences: what it lets through, and what happens to the rest. */
export function LimitWords({ limit }: { limit: Limit }) {
  const t = useT();
  const limitClass = classOf(limit);
  const covers =
    limit.scope === "address"
      ? t("limits.covers.address")
      : limitClass
        ? t(`limits.covers.${limitClass}`)
        : t.rich("limits.covers.procedure", { path: <code className="mono">{policyOf(limit)}</code> });
  return (
    <>
      <p>{covers}</p>
      <p>
        <LimitMeaning limit={limit} />
      </p>
    </>
  );
}

/** What it lets through, and what happens to the rest. */
export function LimitMeaning({ limit }: { limit: Limit }) {
  const t = useT();
  const format = useFormat();
  if (limit.kind === "concurrency") {
    return t("limits.words.bulkhead", { count: limit.limit, queue: limit.queueLimit ?? 0 });
  }
  const window = limit.windowMs === SECOND_MS ? t("limits.oneSecond") : format.duration(limit.windowMs ?? 0);
  const who = t(`limits.who.${limit.scope}`);
  return limit.algorithm === "sliding-log"
    ? t("limits.words.sliding", { count: limit.limit, window, who })
    : t("limits.words.gcra", { count: limit.limit, window, burst: limit.burst ?? limit.limit, who });
}
