import type { Format } from "../../lib/format.ts";
import type { Translate } from "../../lib/i18n/i18n.tsx";
import type { Outputs } from "../../lib/trpc.ts";
import type { Marker } from "../../ui/chart/series.ts";

type Act = Outputs["audit"]["markers"]["items"][number];
type AuditEvent = Outputs["audit"]["get"];
type Process = Pick<Outputs["stats"]["nodes"]["items"][number], "id" | "version" | "startedAt">;

/** Processes of one release start together; one marker tells it. */
const SAME_DEPLOY_MS = 60_000;
const MINUTE_MS = 60_000;
const AHEAD_MS = 10 * MINUTE_MS;

/**
 * The time to ask for acts of, so that the question stays the same for a minute and its answers are kept: to the minute, and to
 * some minutes ahead, since the server's clock is not ours.
 */
export function markersWindow(asOf: string, rangeMs: number): { readonly from: string; readonly to: string } {
  const endMs = Math.floor(Date.parse(asOf) / MINUTE_MS) * MINUTE_MS;
  const at = (ms: number): string => new Date(ms).toISOString();
  return { from: at(endMs - rangeMs - MINUTE_MS), to: at(endMs + AHEAD_MS) };
}

/** Acts of the audit log; each leads to its event. */
export function toMarkers(
  acts: readonly Act[],
  calledOutId: string | undefined,
  t: Translate,
  format: Format,
): Marker[] {
  return acts.map(({ id, at, kind, action, actorEmail, target }) => ({
    id,
    atMs: Date.parse(at),
    kind,
    label: kind === "pause" || kind === "limit" ? (target ?? lastPart(action)) : lastPart(action),
    description: t(target === null ? "overview.marker" : "overview.marker.on", {
      time: format.time(at),
      action,
      target: shortId(target ?? ""),
      who: actorEmail ?? t("audit.via.system"),
    }),
    link: { to: "/audit", search: { peek: id } },
    isCalledOut: id === calledOutId,
  }));
}

/** With the event that was asked for, which may be of a kind that charts do not show by themselves. */
export function withMarked(acts: readonly Act[], event: AuditEvent | undefined): readonly Act[] {
  if (!event || acts.some(({ id }) => id === event.id)) return acts;
  const { id, at, action, actorEmail, targetId } = event;
  return [...acts, { id, at, action, kind: "other", actorEmail, target: targetId }];
}

/** Starts of processes, which are in no log: what a chart shows of a deploy to those who may not read the log. */
export function deploysOf(processes: readonly Process[], t: Translate, format: Format): Marker[] {
  const markers: Marker[] = [];
  let lastVersion = "";
  for (const { id, version, startedAt } of processes.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))) {
    const atMs = Date.parse(startedAt);
    const isSame = version === lastVersion && atMs - (markers.at(-1)?.atMs ?? 0) < SAME_DEPLOY_MS;
    lastVersion = version;
    if (isSame) continue;
    const label = `v${version}`;
    markers.push({
      id,
      atMs,
      kind: "deploy",
      label,
      description: t("overview.marker.start", { version, time: format.time(startedAt) }),
    });
  }
  return markers;
}

/** The last eight of an id: its head is a clock. */
function shortId(target: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(target) ? target.slice(-8) : target;
}

function lastPart(action: string): string {
  return action.split(".").at(-1) ?? action;
}
