type EventSourceClass = typeof globalThis.EventSource;

interface EventSourceSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
}

/** What subscriptions need where the platform has no `EventSource`, or one that cannot send a key. */
export interface EventSourceOptions {
  readonly EventSource: EventSourceClass;
  /** Awaited before each connection. */
  readonly eventSourceOptions: () => EventSourceSettings | Promise<EventSourceSettings>;
}

type EventSourceMaker = new (url: string, options: EventSourceSettings) => object;

/**
 * An `EventSource` that sends these headers. Its code is loaded with the first subscription, and never in a browser, which has one and
 * sends its cookie with it. `prepare` loads it, and raises why it cannot be.
 */
export function createEventSource(
  headers: Readonly<Record<string, string>>,
): EventSourceOptions & { prepare(): Promise<void> } {
  let loaded: EventSourceMaker | undefined;
  const prepare = async (): Promise<void> => {
    loaded ??= (await import("eventsource")).EventSource;
  };
  // A constructor that answers another object: links make theirs with `new`, at once, and wait for their options only.
  const EventSource = function EventSource(url: string, options: EventSourceSettings) {
    if (!loaded) throw new Error("The event source was made before its options.");
    return new loaded(url, options);
  } as unknown as EventSourceClass;
  return {
    EventSource,
    eventSourceOptions: async () => {
      await prepare();
      return toKeyOptions(headers);
    },
    prepare,
  };
}

/** Options that make an event source of the package send these headers: its newer releases by `fetch`, the older by `headers`. */
export function toKeyOptions(headers: Readonly<Record<string, string>>): EventSourceSettings {
  const send: typeof fetch = (url, init) => {
    const all = new Headers(init?.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return fetch(url, { ...init, headers: all });
  };
  return { headers, fetch: send };
}
