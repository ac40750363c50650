const WALL = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/;

/**
 * The instant of a reading of a clock (`2026-11-24T14:02`, as a date field writes it) in a time zone. Of an hour that a zone has
 * twice the first is meant; one that it skips counts on from before the gap. Undefined for what is no reading.
 */
export function instantOf(wall: string, timeZone: string): number | undefined {
  const parts = WALL.exec(wall)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (!parts) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset depends on the instant that is sought: the one a day before is right on one side of a change, this one on the other.
  const before = asUtc - offsetMs(asUtc - DAY_MS, timeZone);
  const after = asUtc - offsetMs(asUtc + DAY_MS, timeZone);
  const fits = [before, after].filter((at) => at + offsetMs(at, timeZone) === asUtc);
  return fits.length === 0 ? before : Math.min(...fits);
}

/** How a date field writes an instant, to the minute. */
export function wallOf(atMs: number, timeZone: string): string {
  return new Date(atMs + offsetMs(atMs, timeZone)).toISOString().slice(0, 16);
}

const DAY_MS = 86_400_000;

function offsetMs(atMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(name) ?? [];
  const size = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === "-" ? -size : size;
}
