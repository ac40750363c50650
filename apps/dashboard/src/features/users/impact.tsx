import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";

type ImpactCounts = Outputs["users"]["impact"];

/** Read afresh whenever a dialog opens: what is confirmed is what is so now. */
export function useImpact(id: string) {
  return trpc.users.impact.useQuery({ id }, { staleTime: 0, gcTime: 0 });
}

/** What an act ends, counted before it is done. */
export function Impact({ userId, act }: { userId: string; act: "role" | "suspend" | "delete" | "password" }) {
  const t = useT();
  const format = useFormat();
  const query = useImpact(userId);
  if (query.data === undefined) {
    return query.error ? <ErrorState error={query.error} /> : <SkeletonLines lines={1} />;
  }
  const { sessions, keys, passkeys, twoFactor } = query.data;
  const counted = {
    sessions: sessions > 0 ? [t("users.impact.sessions", { count: sessions })] : [],
    keys: keys > 0 ? [t("users.impact.keys", { count: keys })] : [],
    factors: [
      ...(passkeys > 0 ? [t("users.impact.passkeys", { count: passkeys })] : []),
      ...(twoFactor ? [t("users.impact.twoFactor")] : []),
    ],
  };
  // Keys of somebody who is suspended are refused until they are restored: they do not end.
  const ends = act === "suspend" ? counted.sessions : [...counted.sessions, ...counted.keys];
  const sentences = [
    ends.length > 0 ? t("users.impact.ends", { what: format.list(ends) }) : t(`users.impact.nothing.${act}`),
    ...(act === "suspend" && keys > 0 ? [t("users.impact.keysOff", { count: keys })] : []),
    ...(act === "delete" && counted.factors.length > 0
      ? [t("users.impact.goes", { what: format.list(counted.factors) })]
      : []),
  ];
  return (
    <p role="status" className="medium">
      {sentences.join(" ")}
    </p>
  );
}

/** How a person proves who they are, in words. */
export function factorWords(counts: ImpactCounts, t: ReturnType<typeof useT>): readonly string[] {
  return [
    ...(counts.twoFactor ? [t("users.impact.twoFactor")] : []),
    ...(counts.passkeys > 0 ? [t("users.impact.passkeys", { count: counts.passkeys })] : []),
  ];
}
