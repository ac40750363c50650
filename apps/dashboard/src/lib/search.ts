// The address holds what a page shows: filters, order, window, open row. A part of it that is not understood never breaks
// the page: it is set aside under `_invalid`, shown as a chip, and written back until somebody removes it.

export interface Param<T> {
  /** Undefined for text that does not fit. */
  parse(raw: string): T | undefined;
}
interface ManyParam<T> {
  readonly each: Param<T>;
}
type AnyParam = Param<unknown> | ManyParam<unknown>;
type ValueOf<P> = P extends ManyParam<infer T> ? readonly T[] : P extends Param<infer T> ? T : never;

export type RawSearch = Readonly<Record<string, unknown>>;
export type InvalidParams = Readonly<Record<string, string>>;
export type SearchOf<Params extends Readonly<Record<string, AnyParam>>> = {
  readonly [Key in keyof Params]?: ValueOf<Params[Key]> | undefined;
} & { readonly _invalid?: InvalidParams | undefined };

export function text(maxLength = 200): Param<string> {
  return { parse: (raw) => (raw !== "" && raw.length <= maxLength ? raw : undefined) };
}
export function oneOf<const T extends string>(...allowed: readonly T[]): Param<T> {
  return { parse: (raw) => allowed.find((value) => value === raw) };
}
/** ISO 8601 in UTC, kept as text. */
export function instant(): Param<string> {
  return {
    parse: (raw) => {
      const at = Date.parse(raw);
      return Number.isNaN(at) ? undefined : new Date(at).toISOString();
    },
  };
}
/** `key=a&key=b` */
export function many<T>(each: Param<T>): ManyParam<T> {
  return { each };
}

/** Keys that every page has; the root route reads them. */
export const globalParams = { range: oneOf("5m", "15m", "1h", "3h", "6h") };
export type GlobalSearch = SearchOf<typeof globalParams>;
export type RangeName = NonNullable<GlobalSearch["range"]>;

/** The root's part: only its own keys, since it does not know those of the pages. */
export function parseGlobalSearch(raw: RawSearch): GlobalSearch {
  return parseKnown(globalParams, raw, {});
}

/** `validateSearch` of a page. Keys of neither the page nor the root count as invalid. */
export function defineSearch<const Params extends Readonly<Record<string, AnyParam>>>(params: Params) {
  return (raw: RawSearch): SearchOf<Params> => {
    const unknown: Record<string, string> = { ...invalidOf(raw) };
    for (const [key, value] of Object.entries(raw)) {
      if (key === "_invalid" || key in params || key in globalParams || value === undefined) continue;
      unknown[key] = String(value);
    }
    return parseKnown(params, raw, unknown);
  };
}

function parseKnown<Params extends Readonly<Record<string, AnyParam>>>(
  params: Params,
  raw: RawSearch,
  found: Readonly<Record<string, string>>,
): SearchOf<Params> {
  const result: Record<string, unknown> = {};
  const invalid: Record<string, string> = { ...invalidOf(raw), ...found };
  for (const [key, param] of Object.entries(params)) {
    const value = raw[key];
    if (value === undefined) continue;
    const parsed = parseOne(param, value);
    // Set to undefined rather than left out: the router merges what it validated over what it read.
    result[key] = parsed;
    if (parsed === undefined) invalid[key] = String(value);
    else delete invalid[key];
  }
  if (Object.keys(invalid).length > 0) result._invalid = invalid;
  return result as SearchOf<Params>;
}

function parseOne(param: AnyParam, value: unknown): unknown {
  const raws = (Array.isArray(value) ? value : [value]).map(String);
  if (!("each" in param)) return raws[0] === undefined ? undefined : param.parse(raws[0]);
  const items = raws.map((raw) => param.each.parse(raw));
  return items.length === 0 || items.includes(undefined) ? undefined : items;
}

function invalidOf(raw: RawSearch): InvalidParams {
  return typeof raw._invalid === "object" && raw._invalid !== null ? (raw._invalid as InvalidParams) : {};
}

/** The search without one set-aside parameter. */
export function withoutInvalid<S extends { readonly _invalid?: InvalidParams | undefined }>(search: S, key: string): S {
  const { [key]: _dropped, ...rest } = search._invalid ?? {};
  return { ...search, [key]: undefined, _invalid: Object.keys(rest).length > 0 ? rest : undefined };
}

/** For the router: plain `key=value`, a repeated key for several values. Keys that begin with `_` are ours. */
export function parseSearch(searchText: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of new Set(new URLSearchParams(searchText).keys())) {
    if (key.startsWith("_")) continue;
    const values = new URLSearchParams(searchText).getAll(key);
    result[key] = values.length === 1 ? values[0] : values;
  }
  return result;
}

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (key === "_invalid" || value === undefined || value === null) continue;
    for (const item of Array.isArray(value) ? value : [value]) params.append(key, String(item));
  }
  for (const [key, value] of Object.entries(invalidOf(search))) if (!params.has(key)) params.append(key, value);
  const written = params.toString();
  return written === "" ? "" : `?${written}`;
}
