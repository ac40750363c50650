import { toCursor } from "../../packages/server/src/trpc/wire.ts";
import type { BenchTools } from "../bench.ts";
import { toRequest } from "../pressure.ts";
import { BATCH, BULK, PAGE, toBatch, toBulk, toList, toPeerList } from "./requests.ts";
import type { ServerName, Started } from "./servers.ts";

export interface Side {
  readonly label: string;
  readonly server: ServerName;
  /** For one turn, by how many of them. */
  readonly requests: (started: Started, count: number) => readonly string[];
}

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly sides: readonly Side[];
  /** What all sides are compared with: the head of the column, and the label of the side. */
  readonly against: readonly (readonly [column: string, label: string])[];
  readonly connections: number;
  /** It ends with these, or with the time. */
  readonly calls: number;
  readonly forMs: number;
  /** At most, before the rounds; a server that is warm earlier has fewer. */
  readonly warmUpTurns: number;
  readonly expects: string;
  readonly isOfDatabase: boolean;
}

export interface Aim {
  readonly case: string;
  readonly text: string;
  readonly label: string;
  readonly against: string;
  readonly least: number;
}

const MANY = 1_000_000;
const TURN_MS = 1000;
/** One turn of a bulk: as many as keep all sides at work for a moment, and tables from growing much. */
const BULK_CALLS = 12;
const BULK_CONNECTIONS = 4;
const BULK_TURN_MS = 20_000;
const CONNECTIONS = 32;
/** Each call of a batch counts for the limit by address, 2,000 a second: with fewer it would be what is measured. */
const BATCH_CONNECTIONS = 128;
const CURSORS = 200;

export const LABELS = {
  bare: "node:http, bare",
  lane: "tRPC on the fast lane",
  stock: "tRPC standalone",
  patched: "tRPC standalone, patched as ours",
  fastify: "Fastify",
  hono: "Hono",
  orpc: "oRPC",
  fastapi: "FastAPI",
  full: "Switchboard, full chain",
  fastapiFull: "FastAPI, full chain in ASGI",
  fastapiDepends: "FastAPI, full chain by dependencies",
  fastapiMiddleware: "FastAPI, full chain by middleware",
  list: "Switchboard, users.list",
  fastapiList: "FastAPI, list",
  fastapiFullList: "FastAPI, list, full chain in ASGI",
  bulk: "Switchboard, users.bulkCreate",
  loop: "FastAPI, loop of INSERTs",
  many: "FastAPI, executemany",
} as const;

/** Reads places in the list of people, so that each request is for another page. */
export async function createCases({ database }: BenchTools): Promise<Case[]> {
  const { rows } = await database.pool.query<{ id: string; at: string }>(
    `SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at FROM users
      ORDER BY created_at DESC, id DESC OFFSET ${PAGE} LIMIT ${CURSORS}`,
  );
  const cursors = rows.map(({ at, id }) => toCursor("users.list", [at, id]));
  const get =
    (path: string): Side["requests"] =>
    ({ headers }) => [toRequest("GET", path, headers)];
  const ping = get("/trpc/ping");
  const base = {
    connections: CONNECTIONS,
    calls: MANY,
    forMs: TURN_MS,
    warmUpTurns: 8,
    expects: '"done":true',
    isOfDatabase: false,
  };
  return [
    {
      ...base,
      name: "ping",
      title: "A query that does nothing. Full chain: API key, rights, both rate limits, slot, statistics, access log.",
      sides: [
        { label: LABELS.bare, server: "bare", requests: ping },
        { label: LABELS.lane, server: "lane", requests: ping },
        { label: LABELS.stock, server: "stock", requests: ping },
        { label: LABELS.patched, server: "patched", requests: ping },
        { label: LABELS.fastify, server: "fastify", requests: get("/ping") },
        { label: LABELS.hono, server: "hono", requests: get("/ping") },
        { label: LABELS.orpc, server: "orpc", requests: get("/rpc/ping") },
        { label: LABELS.fastapi, server: "fastapi", requests: get("/ping") },
        { label: LABELS.full, server: "switchboard", requests: get("/trpc/bench.closed") },
        { label: LABELS.fastapiFull, server: "fastapiFull", requests: get("/ping") },
        { label: LABELS.fastapiDepends, server: "fastapiDepends", requests: get("/ping") },
        { label: LABELS.fastapiMiddleware, server: "fastapiMiddleware", requests: get("/ping") },
      ],
      against: [
        ["of bare", LABELS.bare],
        ["× stock", LABELS.stock],
        ["× FastAPI", LABELS.fastapi],
        ["× FastAPI, ASGI", LABELS.fastapiFull],
        ["× FastAPI, dependencies", LABELS.fastapiDepends],
        ["× FastAPI, middleware", LABELS.fastapiMiddleware],
      ],
    },
    {
      ...base,
      name: "batch",
      title: `The same query ${BATCH} times in one batch; a request is a batch.`,
      sides: [
        { label: LABELS.lane, server: "lane", requests: ({ headers }) => [toBatch("ping", headers)] },
        { label: LABELS.stock, server: "stock", requests: ({ headers }) => [toBatch("ping", headers)] },
        { label: LABELS.patched, server: "patched", requests: ({ headers }) => [toBatch("ping", headers)] },
        { label: LABELS.full, server: "switchboard", requests: ({ headers }) => [toBatch("bench.closed", headers)] },
      ],
      against: [["× stock", LABELS.stock]],
      connections: BATCH_CONNECTIONS,
    },
    {
      ...base,
      name: "list",
      title: `A page of ${PAGE} people out of Postgres, any of ${CURSORS} places.`,
      sides: [
        { label: LABELS.list, server: "switchboard", requests: ({ headers }) => toList(cursors, headers) },
        { label: LABELS.fastapiList, server: "fastapiPeople", requests: ({ headers }) => toPeerList(cursors, headers) },
        {
          label: LABELS.fastapiFullList,
          server: "fastapiFull",
          requests: ({ headers }) => toPeerList(cursors, headers),
        },
      ],
      against: [
        ["× FastAPI", LABELS.fastapiList],
        ["× FastAPI, full", LABELS.fastapiFullList],
      ],
      expects: '"nextCursor"',
      isOfDatabase: true,
    },
    {
      ...base,
      name: "bulk",
      title: `${BULK.toLocaleString("en")} people stored by one request, ${BULK_CALLS} requests a turn over ${BULK_CONNECTIONS} connections.`,
      sides: [
        {
          label: LABELS.bulk,
          server: "switchboard",
          requests: ({ headers }, count) => toBulk(count, "/trpc/users.bulkCreate", headers),
        },
        {
          label: LABELS.loop,
          server: "fastapiPeople",
          requests: ({ headers }, count) => toBulk(count, "/people/bulk?how=loop", headers),
        },
        {
          label: LABELS.many,
          server: "fastapiPeople",
          requests: ({ headers }, count) => toBulk(count, "/people/bulk?how=executemany", headers),
        },
      ],
      against: [
        ["× loop", LABELS.loop],
        ["× executemany", LABELS.many],
      ],
      connections: BULK_CONNECTIONS,
      calls: BULK_CALLS,
      forMs: BULK_TURN_MS,
      // More would make the tables of one side larger than those of another.
      warmUpTurns: 1,
      expects: `"created":${BULK}`,
      isOfDatabase: true,
    },
  ];
}

export const AIMS: readonly Aim[] = [
  { case: "ping", text: "Fast lane of bare node:http", label: LABELS.lane, against: LABELS.bare, least: 0.7 },
  { case: "ping", text: "Fast lane × tRPC standalone", label: LABELS.lane, against: LABELS.stock, least: 5 },
  { case: "ping", text: "Fast lane × FastAPI", label: LABELS.lane, against: LABELS.fastapi, least: 2 },
  { case: "ping", text: "Full chain of bare node:http", label: LABELS.full, against: LABELS.bare, least: 0.5 },
  { case: "ping", text: "Full chain × FastAPI, in ASGI", label: LABELS.full, against: LABELS.fastapiFull, least: 6 },
  {
    case: "ping",
    text: "Full chain × FastAPI, by dependencies",
    label: LABELS.full,
    against: LABELS.fastapiDepends,
    least: 6,
  },
  {
    case: "ping",
    text: "Full chain × FastAPI, by middleware",
    label: LABELS.full,
    against: LABELS.fastapiMiddleware,
    least: 6,
  },
  { case: "batch", text: "Batch × tRPC standalone", label: LABELS.lane, against: LABELS.stock, least: 7 },
  { case: "list", text: "List × FastAPI", label: LABELS.list, against: LABELS.fastapiList, least: 5 },
  { case: "bulk", text: "Bulk × FastAPI, loop", label: LABELS.bulk, against: LABELS.loop, least: 15 },
  { case: "bulk", text: "Bulk × FastAPI, executemany", label: LABELS.bulk, against: LABELS.many, least: 4 },
];
