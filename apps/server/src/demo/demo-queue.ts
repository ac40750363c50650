import type { Client } from "@switchboard/client";

type JobInput = Parameters<Client["queue"]["enqueueMany"]["mutate"]>[0]["inputs"][number];

const HOUR_MS = 3_600_000;
const CUSTOMERS = ["acme", "northwind", "lumen", "kestrel", "aster"];
const PLANS = ["team", "business", "team", "enterprise"];

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

const toHook = (index: number, host = "hooks.northwind.example"): JobInput => ({
  url: `https://${host}/in/${index % 5}`,
  event: "invoice.paid",
  signature: `sha256=${index.toString(16).padStart(8, "0")}`,
});

let invoices = 0;

/** Of a plan that the code was not written for when it is `enterprise`: those fail, all with the same error. */
function toCharge(plan: string): JobInput {
  invoices += 1;
  const customer = CUSTOMERS[invoices % CUSTOMERS.length] ?? "";
  return {
    invoice: `INV-${Date.now().toString(36)}-${invoices}`,
    plan,
    seats: 3 + (invoices % 30),
    card: { holder: customer, token: `tok_${invoices}` },
  };
}

const toClip = (index: number): JobInput => ({
  clip: `clip-${(index + 1).toString().padStart(3, "0")}`,
  seconds: 20 + ((index * 13) % 90),
  formats: index % 3 === 0 ? ["mp4", "webm"] : ["mp4"],
});

const encode = (client: Client, index: number): Promise<unknown> => {
  const customer = CUSTOMERS[index % 3] ?? "";
  return client.queue.enqueue.mutate({
    name: "media.encode",
    input: toClip(index),
    key: customer,
    tags: [`customer:${customer}`, "upload"],
    priority: index % 5 === 0 ? 20 : 0,
  });
};

const report = (client: Client): Promise<unknown> => {
  const customer = pick(CUSTOMERS);
  return client.queue.enqueue.mutate({
    name: "reports.build",
    input: { report: pick(["usage", "security"]), days: 7, sendTo: `reports@${customer}.example` },
    key: customer,
    tags: [`customer:${customer}`],
  });
};

/** Jobs in every state and of every reason to wait, three groups of errors, and schedules. */
export async function seedQueue(client: Client, addresses: readonly string[]): Promise<void> {
  const many = (name: string, inputs: JobInput[], more: { delayMs?: number; tags?: string[] } = {}) =>
    client.queue.enqueueMany.mutate({ name, inputs, ...more });

  await many(
    "email.send",
    addresses.map((to) => ({ to, template: "digest" })),
    { tags: ["digest", "weekly"] },
  );
  await many(
    "billing.charge",
    times(80, (index) => toCharge(PLANS[index % PLANS.length] ?? "team")),
    { tags: ["month-end"] },
  );
  await many(
    "webhook.deliver",
    times(60, (index) => toHook(index, index % 2 === 0 ? "hooks.initech.example" : "hooks.northwind.example")),
    { tags: ["invoice.paid"] },
  );
  for (let index = 0; index < 14; index += 1) await encode(client, index);
  await many(
    "reports.build",
    [
      { report: "billing", days: 30 },
      { report: "usage", days: 7 },
    ],
    { delayMs: 6 * HOUR_MS },
  );
  const later = await many(
    "webhook.deliver",
    times(12, (index) => toHook(index)),
    { delayMs: 2 * HOUR_MS },
  );
  for (const id of later.ids.slice(0, 4)) await client.queue.jobs.cancel.mutate({ id });
  await client.queue.queues.pause.mutate({ name: "archive" });
  await many(
    "archive.move",
    times(6, (index) => ({ month: `2026-0${index + 1}`, bucket: "cold-eu-1" })),
  );
  await createSchedules(client);
}

async function createSchedules(client: Client): Promise<void> {
  const usage = { report: "usage", days: 7 };
  await client.queue.schedules.create.mutate({
    name: "Weekly usage report",
    jobName: "reports.build",
    input: usage,
    cron: "0 9 * * 1",
    timeZone: "Asia/Shanghai",
  });
  await client.queue.schedules.create.mutate({
    name: "Security report of the night",
    jobName: "reports.build",
    input: { report: "security", days: 1 },
    cron: "30 2 * * *",
    timeZone: "America/New_York",
  });
  await client.queue.schedules.create.mutate({
    name: "Is the relay well?",
    jobName: "ops.check-relay",
    input: { host: "relay-2.mail.internal" },
    everyMs: 30_000,
    missed: "skip",
  });
  const paused = await client.queue.schedules.create.mutate({
    name: "Cold storage",
    jobName: "archive.move",
    input: { month: "2026-11", bucket: "cold-eu-1" },
    cron: "0 4 1 * *",
    timeZone: "Europe/Berlin",
  });
  await client.queue.schedules.update.mutate({ id: paused.id, isPaused: true });
}

/** What the clients store while the demo runs, with how often of a hundred calls. Slowly: it is to look alive, not to be a load. */
export function toQueueScript(client: Client): [share: number, call: () => Promise<unknown>][] {
  let clips = 14;
  return [
    [
      2,
      () =>
        client.queue.enqueue.mutate({
          name: "email.send",
          input: {
            to: `${pick(["ada", "wei", "noor"])}@${pick(["acme", "lumen", "kestrel"])}.example`,
            template: "receipt",
          },
          tags: ["receipt"],
        }),
    ],
    [3, () => client.queue.enqueue.mutate({ name: "webhook.deliver", input: toHook(clips), tags: ["invoice.paid"] })],
    [0.3, () => report(client)],
    [0.4, () => client.queue.enqueue.mutate({ name: "billing.charge", input: toCharge(pick(PLANS)), priority: 10 })],
    // About as many as are encoded: two at a time, half a minute each.
    [0.2, () => encode(client, (clips += 1))],
  ];
}
