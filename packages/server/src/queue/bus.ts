import type { Client, Notification } from "pg";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { pause } from "./pause.ts";

/**
 * What processes tell each other. A message saves a wait and nothing more: each listener also looks by itself every second or
 * two, because a notification sent while the connection was down is gone.
 */
export type BusMessage =
  /** The queue has a due job, or was resumed. */
  | { readonly type: "ready"; readonly queue: string }
  | { readonly type: "ended"; readonly ids: readonly string[] }
  | { readonly type: "cancelled"; readonly ids: readonly string[] }
  /** Anything of a job changed that a watcher may show. */
  | { readonly type: "changed"; readonly ids: readonly string[] }
  /** The connection was away: look at everything again. Never sent, only heard. */
  | { readonly type: "reconnected" };

export interface QueueBus extends Service {
  /** Heard at once by this process, and by the others within milliseconds. Never throws. */
  publish(message: BusMessage): void;
  subscribe(listener: (message: BusMessage) => void): () => void;
}

export interface QueueBusOptions {
  readonly connect: () => Promise<Client>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly processId: string;
}

export const QUEUE_CHANNEL = "switchboard_queue";
/** Postgres refuses payloads of 8,000 bytes. An id takes 39. */
const IDS_PER_MESSAGE = 190;
const CHECK_EVERY_MS = 10_000;
const CHECK_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 1000;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5000;
/** Beyond this many unsent entries the rest is dropped: their readers look by themselves. */
const BACKLOG_MAX = 50_000;

const ids = z.array(z.string());
const envelopeSchema = z.object({
  from: z.string().nullable(),
  message: z.discriminatedUnion("type", [
    z.object({ type: z.literal("ready"), queue: z.string() }),
    z.object({ type: z.literal("ended"), ids }),
    z.object({ type: z.literal("cancelled"), ids }),
    z.object({ type: z.literal("changed"), ids }),
  ]),
});

/** Text for `pg_notify`. `from` keeps a process from hearing itself twice; null when a transaction sends it. */
export function toPayload(from: string | null, message: BusMessage): string {
  return JSON.stringify({ from, message });
}

/** LISTEN and NOTIFY on a connection of its own: a pooled one would lose its subscriptions. */
export function createQueueBus({ connect, clock, logger, processId }: QueueBusOptions): QueueBus {
  const listeners = new Set<(message: BusMessage) => void>();
  const backlog = createBacklog();
  let client: Client | undefined;
  let sending: Promise<void> | undefined;
  let life: AbortController | undefined;
  let running: Promise<void> | undefined;

  const hear = (message: BusMessage): void => {
    for (const listener of listeners) listener(message);
  };

  const onNotification = ({ payload }: Notification): void => {
    const parsed = envelopeSchema.safeParse(parseJson(payload ?? ""));
    if (!parsed.success) logger.warn("queue.bus.message-unreadable", { sizeBytes: payload?.length ?? 0 });
    else if (parsed.data.from !== processId) hear(parsed.data.message);
  };

  const take = (): string[] => (client ? backlog.take().map((message) => toPayload(processId, message)) : []);

  /** One statement for all that gathered while the last one ran. */
  const sendAll = async (): Promise<void> => {
    try {
      for (let batch = take(); client && batch.length > 0; batch = take()) {
        await client.query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [QUEUE_CHANNEL, batch]);
      }
    } catch (error) {
      logger.warn("queue.bus.send-failed", { err: error });
    } finally {
      sending = undefined;
    }
  };
  // Not before this turn is over: what is published together is sent together.
  const send = (): Promise<void> => (sending ??= Promise.resolve().then(sendAll));

  /** Resolves when the connection is lost, or given up because it does not answer. */
  const listenUntilLost = async (signal: AbortSignal, isFirst: boolean, onReady: () => void): Promise<void> => {
    const own = await connect();
    const link = new AbortController();
    const drop = (): void => link.abort();
    // A stop while the connection was being made: the signal aborts once, and that was before anybody listened here.
    if (signal.aborted) drop();
    own.once("end", drop);
    own.once("error", drop);
    signal.addEventListener("abort", drop, { once: true });
    try {
      own.on("notification", onNotification);
      // Its only writes are notifications, which need not survive a crash, and each would wait for the disk.
      await own.query("SET synchronous_commit = off");
      await own.query(`LISTEN ${QUEUE_CHANNEL}`);
      client = own;
      if (!isFirst) hear({ type: "reconnected" });
      onReady();
      void send();
      await checkUntilSilent(own, link.signal);
    } finally {
      if (client === own) client = undefined;
      signal.removeEventListener("abort", drop);
      link.abort();
      await endWithin(own, CLOSE_TIMEOUT_MS);
    }
  };

  /** A link can die without a word: then only a question without an answer tells. */
  const checkUntilSilent = async (own: Client, signal: AbortSignal): Promise<void> => {
    for (let answers = true; answers && !signal.aborted;) {
      await pause(clock, CHECK_EVERY_MS, signal);
      if (!signal.aborted) answers = await isSettledWithin(own.query("SELECT 1"), CHECK_TIMEOUT_MS, signal);
    }
  };

  const endWithin = async (own: Client, ms: number): Promise<void> => {
    if (!(await isSettledWithin(own.end(), ms))) logger.warn("queue.bus.close-slow");
  };

  /** True when `promise` resolves in time; false when it rejects or the time is over. */
  const isSettledWithin = async (promise: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> => {
    const timer = new AbortController();
    const signals = signal ? AbortSignal.any([signal, timer.signal]) : timer.signal;
    try {
      return await Promise.race([
        promise.then(
          () => true,
          () => false,
        ),
        pause(clock, ms, signals).then(() => false),
      ]);
    } finally {
      timer.abort();
    }
  };

  const run = async (signal: AbortSignal, onReady: () => void): Promise<void> => {
    let delayMs = RECONNECT_MIN_MS;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        await listenUntilLost(signal, isFirst, () => {
          delayMs = RECONNECT_MIN_MS;
          onReady();
        });
      } catch (error) {
        logger.warn("queue.bus.connect-failed", { err: error });
      }
      if (signal.aborted) return;
      await pause(clock, delayMs, signal);
      delayMs = Math.min(delayMs * 2, RECONNECT_MAX_MS);
    }
  };

  return {
    name: "queue-bus",
    start: async (signal) => {
      life = new AbortController();
      const { promise: ready, resolve: onReady } = Promise.withResolvers<void>();
      running = run(life.signal, onReady);
      // A queue without its bus still works, a second slower: the start does not wait for ever.
      await isSettledWithin(ready, CHECK_TIMEOUT_MS, signal);
    },
    stop: async () => {
      await isSettledWithin(send(), CLOSE_TIMEOUT_MS);
      life?.abort();
      await running;
    },
    publish: (message) => {
      hear(message);
      backlog.add(message);
      void send();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What is still to be sent, each thing once: a thousand jobs that end together make a few messages. */
function createBacklog() {
  const queues = new Set<string>();
  const idsByType = { ended: new Set<string>(), cancelled: new Set<string>(), changed: new Set<string>() };
  return {
    add: (message: BusMessage): void => {
      if (message.type === "ready") queues.add(message.queue);
      else if (message.type !== "reconnected") {
        const known = idsByType[message.type];
        for (const id of message.ids) if (known.size < BACKLOG_MAX) known.add(id);
      }
    },
    take: (): BusMessage[] => {
      const messages: BusMessage[] = [...queues].map((queue) => ({ type: "ready", queue }));
      queues.clear();
      for (const type of ["ended", "cancelled", "changed"] as const) {
        const all = [...idsByType[type]];
        idsByType[type].clear();
        for (let start = 0; start < all.length; start += IDS_PER_MESSAGE) {
          messages.push({ type, ids: all.slice(start, start + IDS_PER_MESSAGE) });
        }
      }
      return messages;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
