export interface ValueChange {
  /** `user.tags.0`; empty for the whole. */
  readonly path: string;
  /** As JSON; undefined when there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What differs between two JSON values, by the paths of their parts. */
export function diffValues(before: unknown, after: unknown): readonly ValueChange[] {
  const changes: ValueChange[] = [];
  compare(before, after, "", changes);
  return changes;
}

function compare(before: unknown, after: unknown, path: string, changes: ValueChange[]): void {
  const [had, has] = [partsOf(before), partsOf(after)];
  if (had && has && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...had.keys(), ...has.keys()])) {
      compare(had.get(key), has.get(key), path === "" ? key : `${path}.${key}`, changes);
    }
    return;
  }
  const [one, other] = [written(before), written(after)];
  if (one !== other) changes.push({ path, before: one, after: other });
}

function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

/** With the keys in order, so that an object that was only written anew is the same. */
function written(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
