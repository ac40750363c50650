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
const SECRETS = new Set(["password", "secret", "token", "authorization", "cookie", "key", "databaseUrl", "redisUrl"]);
const CENSOR = "[redacted]";

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const root = pino(
    {
      level,
      messageKey: "event",
      base: { pid: process.pid },
      // `withoutSecrets` has made an object of it, which pino's own would take for an error of the class Object.
      serializers: { err: (shown: unknown) => shown },
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
    debug: (event, fields) => target.debug(withoutSecrets(fields), event),
    info: (event, fields) => target.info(withoutSecrets(fields), event),
    warn: (event, fields) => target.warn(withoutSecrets(fields), event),
    error: (event, fields) => target.error(withoutSecrets(fields), event),
    child: (fields) => wrap(target.child(withoutSecrets(fields))),
  };
}

/** By hand and not by pino's `redact`: that one took half of the time of a line, and a line is written for each call and each job. */
function withoutSecrets(fields: LogFields = {}): LogFields {
  return censor(fields, (value) => {
    if (typeof value !== "object" || value === null) return value;
    // As the line shows an error: its message and stack are not among its own enumerable fields.
    return value instanceof Error ? censor(pino.stdSerializers.err(value)) : censor(value as LogFields);
  });
}

function censor(fields: LogFields, inner = (value: unknown): unknown => value): LogFields {
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const shown = SECRETS.has(name) && value !== undefined ? CENSOR : inner(value);
    if (shown === value) continue;
    changed ??= { ...fields };
    changed[name] = shown;
  }
  return changed ?? fields;
}
