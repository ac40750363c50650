/** A part that lives between start and stop. */
export interface Service {
  readonly name: string;
  /** Resolves once the part is usable. The signal aborts when the whole start was given up. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves once no timer, socket, permit or lease is held. Safe before start, safe twice. */
  stop(): Promise<void>;
}

export interface LifecycleEvents {
  onStopFailed(name: string, error: unknown): void;
}

/**
 * Starts services in order and stops them in reverse. A failed start stops what had started and rejects with its error;
 * a failed stop is reported and does not keep the others from stopping.
 */
export function createLifecycle(services: readonly Service[], events: LifecycleEvents): Service {
  const started: Service[] = [];
  let stopping: Promise<void> | undefined;

  const stopStarted = async (): Promise<void> => {
    for (let service = started.pop(); service; service = started.pop()) {
      try {
        await service.stop();
      } catch (error) {
        events.onStopFailed(service.name, error);
      }
    }
  };

  return {
    name: "lifecycle",
    start: async (signal) => {
      stopping = undefined;
      for (const service of services) {
        try {
          signal.throwIfAborted();
          // Pushed before it starts: a service that failed half-way is stopped too, which it must be safe for.
          started.push(service);
          await service.start(signal);
        } catch (error) {
          await stopStarted();
          throw error;
        }
      }
    },
    stop: () => (stopping ??= stopStarted()),
  };
}
