import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: an event name and its fields, one JSON line each. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Field names that are never written, at the top level and one below. */
const REDACTED = ["password", "secret", "token", "authorization", "cookie", "key", "databaseUrl", "redisUrl"];

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const root = pino(
    {
      level,
      messageKey: "event",
      base: { pid: process.pid },
      redact: { paths: [...REDACTED, ...REDACTED.map((name) => `*.${name}`)], censor: "[redacted]" },
    },
    // Synchronous: the last lines before an exit are the ones that matter.
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return wrap(root);
}

type Pino = Pick<PinoLogger<never, boolean>, "debug" | "info" | "warn" | "error"> & {
  child(fields: LogFields): Pino;
};

function wrap(target: Pino): Logger {
  return {
    debug: (event, fields) => target.debug(fields ?? {}, event),
    info: (event, fields) => target.info(fields ?? {}, event),
    warn: (event, fields) => target.warn(fields ?? {}, event),
    error: (event, fields) => target.error(fields ?? {}, event),
    child: (fields) => wrap(target.child(fields)),
  };
}
