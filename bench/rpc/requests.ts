import { toRequest } from "../pressure.ts";

export const BATCH = 64;
export const PAGE = 100;
export const BULK = 1000;

type Headers = Readonly<Record<string, string>>;

/** As httpBatchLink asks for the same query many times at once. */
export function toBatch(path: string, headers?: Headers): string {
  const paths = Array.from({ length: BATCH }, () => path).join(",");
  return toRequest("GET", `/trpc/${paths}?batch=1&input=${encodeURIComponent("{}")}`, headers);
}

export function toList(cursors: readonly string[], headers?: Headers): string[] {
  return cursors.map((cursor) => {
    const input = encodeURIComponent(JSON.stringify({ limit: PAGE, cursor }));
    return toRequest("GET", `/trpc/users.list?input=${input}`, headers);
  });
}

export function toPeerList(cursors: readonly string[], headers?: Headers): string[] {
  return cursors.map((cursor) => toRequest("GET", `/people?limit=${PAGE}&cursor=${cursor}`, headers));
}

let made = 0;

/** Nobody is made twice, whoever makes them. */
export function toBulk(count: number, path: string, headers?: Headers): string[] {
  return Array.from({ length: count }, () => {
    made += 1;
    const users = Array.from({ length: BULK }, (_, index) => ({
      email: `maria.${index}@bulk-${made}.example`,
      name: `Maria Bulk-${made} Nr${index}`,
      role: "viewer",
    }));
    return toRequest("POST", path, headers, JSON.stringify({ users }));
  });
}
