import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Client } from "@switchboard/client";
import type { Config, Server } from "@switchboard/server";
import { toPeople } from "./demo-people.ts";
import { seedQueue, toQueueScript } from "./demo-queue.ts";

const PEOPLE = 3000;
const WAITING = 400;
const CALLS_PER_SECOND = 25;
const KEY_NAME = "demo traffic";

export interface DemoOwner {
  readonly email: string;
  readonly password: string;
}

/** Who the demo belongs to: made at its first start, told at every one. */
export function readDemoOwner(dataDir: string): DemoOwner {
  const file = path.join(dataDir, "demo-password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(12).toString("base64url"), { mode: 0o600 });
  return { email: "owner@acme.example", password: readFileSync(file, "utf8").trim() };
}

/**
 * Fills an empty database and then behaves like a few clients until the signal aborts. Everything goes through the server's own
 * address with a key, so what the desk shows was really measured.
 */
export async function playDemo(server: Server, config: Config, owner: DemoOwner, signal: AbortSignal): Promise<void> {
  const url = server.origin();
  if (!url) return;
  const features = server.features();
  if (!config.owner) await features.access.ensureOwner(owner);
  const { email, password } = config.owner
    ? { email: config.owner.email, password: config.owner.password.reveal() }
    : owner;
  const client = createClient({ url, apiKey: await makeKey(url, email, password), retryAfter: { attempts: 1 } });
  const { items } = await client.users.list.query({ limit: 2 });
  if (items.length < 2) await seed(client);
  void simulateTraffic(client, signal);
}

async function makeKey(url: string, email: string, password: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ email, password }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`The demo could not sign in as ${email}: ${response.status}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const headers = { cookie, origin: url };
  const client = createClient({
    url,
    fetch: (input, init) =>
      fetch(input as string, {
        ...(init as RequestInit),
        headers: { ...(init?.headers as Record<string, string>), ...headers },
      }),
  });
  // The key of an earlier start is known by its hash only.
  const { items } = await client.access.keys.list.query({ limit: 200 });
  for (const { id, name, status } of items)
    if (name === KEY_NAME && status === "active") await client.access.keys.revoke.mutate({ id });
  const { key } = await client.access.keys.create.mutate({ name: KEY_NAME, expiresInDays: 7 });
  return key;
}

/** A few thousand people and jobs of every state. */
async function seed(client: Client): Promise<void> {
  const people = toPeople(PEOPLE);
  const { ids } = await client.users.bulkCreate.mutate({ users: people });
  for (const id of ids.slice(40, 58)) await client.users.suspend.mutate({ id, reason: "Left the company" });
  await seedQueue(
    client,
    people.slice(0, WAITING).map(({ email }) => email),
  );
  for (const { id } of (await client.users.list.query({ limit: 20 })).items) {
    await client.cache.set.mutate({
      key: `user:${id}:profile`,
      value: await client.users.get.query({ id }),
      tags: ["profile"],
      ttlSeconds: 1800,
    });
  }
  await client.cache.set.mutate({ key: "flags:checkout", value: { beta: true, share: 0.25 }, ttlSeconds: 86_400 });
  await client.cache.set.mutate({ key: "flags:search", value: { engine: "v2" }, ttlSeconds: 86_400 });
}

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

/** What the clients do, with how often of a hundred calls. A refused call is part of the play. */
function toScript(client: Client, ids: readonly string[]): readonly [share: number, call: () => Promise<unknown>][] {
  const key = (): string => `user:${pick(ids)}:profile`;
  return [
    [24, () => client.users.get.query({ id: pick(ids) })],
    [14, () => client.users.list.query({ limit: 50 })],
    [6, () => client.users.list.query({ limit: 20, search: pick(["a", "me", "lin", "ko"]) })],
    [18, () => client.cache.get.query({ key: key() })],
    [5, () => client.cache.set.mutate({ key: key(), value: { seen: true }, tags: ["profile"], ttlSeconds: 300 })],
    [12, () => client.lab.fast.query()],
    [5, () => client.lab.cached.query({ key: `report:${Math.floor(Math.random() * 20)}` })],
    [4, () => client.lab.pooledQueries.query({ queries: 10 })],
    [3, () => client.lab.fanOut.query({ branches: 4, delayMs: 60 })],
    [1, () => client.lab.slow.query({ delayMs: 1100 })],
    [1, () => client.lab.flaky.query({ failureRate: 0.4, attempts: 2 })],
    [1, () => client.users.get.query({ id: "00000000-0000-7000-8000-000000000000" })],
    ...toQueueScript(client),
    [0.7, () => Promise.allSettled(Array.from({ length: 60 }, () => client.lab.rateLimited.query()))],
  ];
}

async function simulateTraffic(client: Client, signal: AbortSignal): Promise<void> {
  const { items } = await client.users.list.query({ limit: 60 });
  const script = toScript(
    client,
    items.map(({ id }) => id),
  );
  const total = script.reduce((sum, [share]) => sum + share, 0);
  while (!signal.aborted) {
    let point = Math.random() * total;
    const [, call] = script.find(([share]) => (point -= share) < 0) ?? script[0] ?? [];
    // Errors are on the desk, where they belong; the play goes on.
    void call?.().catch(() => undefined);
    await sleep((0.5 + Math.random()) * (1000 / CALLS_PER_SECOND), undefined, { signal }).catch(() => undefined);
  }
}
