import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: an event name and its fields, one JSON line each. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
  /**
   * A writer of `info` lines of one event with always the same fields, given in the order of `names`: for the line of each call, which
   * as any other would cost a tenth of it. Raises Error for the name of a secret.
   */
  compile(event: string, names: readonly string[]): LineWriter;
}

/** Undefined leaves a field out. */
export type LineWriter = (values: readonly (string | number | undefined)[]) => void;

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Field names that are never written, at the top level and one below. */
const SECRETS = new Set(["password", "secret", "token", "authorization", "cookie", "key", "databaseUrl", "redisUrl"]);
const CENSOR = "[redacted]";

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const output = destination ?? (standardOutput ??= openOutput());
  const root = pino(
    {
      level,
      messageKey: "event",
      base: { pid: process.pid },
      // `withoutSecrets` has made an object of it, which pino's own would take for an error of the class Object.
      serializers: { err: (shown: unknown) => shown },
    },
    output,
  );
  return new BoundLogger(root, undefined, output);
}

/** Of the process, whatever the number of its loggers. */
let standardOutput: DestinationStream | undefined;

const PENDING_MAX = 65_536;

/**
 * Lines of one turn of the event loop leave in one write: of a busy server that is a system call for some ten calls, not for each.
 * Written by the process itself before it goes on or ends, so that those of a crash are out; only a kill in the middle of a turn takes
 * the lines of that turn along.
 */
function openOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true });
  let pending = "";
  const flush = (): void => {
    if (pending === "") return;
    const lines = pending;
    pending = "";
    output.write(lines);
  };
  process.on("exit", flush);
  return {
    write: (line) => {
      if (pending === "") setImmediate(flush);
      pending += line;
      if (pending.length > PENDING_MAX) flush();
    },
  };
}

type Pino = Pick<PinoLogger<never, boolean>, "debug" | "info" | "warn" | "error" | "isLevelEnabled">;

/**
 * A child keeps its fields and adds them to each line. One of pino's own would write them into a text first, which costs more than a
 * line does, and most children, those of requests, live for one line. A class: its methods are not made anew with each child.
 */
class BoundLogger implements Logger {
  readonly #target: Pino;
  readonly #fields: LogFields | undefined;
  readonly #output: DestinationStream;

  constructor(target: Pino, fields: LogFields | undefined, output: DestinationStream) {
    this.#target = target;
    this.#fields = fields;
    this.#output = output;
  }

  debug(event: string, fields?: LogFields): void {
    this.#target.debug(this.#toShown(fields), event);
  }

  info(event: string, fields?: LogFields): void {
    this.#target.info(this.#toShown(fields), event);
  }

  warn(event: string, fields?: LogFields): void {
    this.#target.warn(this.#toShown(fields), event);
  }

  error(event: string, fields?: LogFields): void {
    this.#target.error(this.#toShown(fields), event);
  }

  child(fields: LogFields): Logger {
    return new BoundLogger(this.#target, { ...this.#fields, ...fields }, this.#output);
  }

  compile(event: string, names: readonly string[]): LineWriter {
    const secret = names.find((name) => SECRETS.has(name));
    if (secret !== undefined) throw new Error(`${secret} is the name of a secret.`);
    if (!this.#target.isLevelEnabled("info")) return () => undefined;
    const start = `{"level":${pino.levels.values["info"]},"time":`;
    const bound = JSON.stringify({ pid: process.pid, ...withoutSecrets(this.#fields) }).slice(1, -1);
    const labels = names.map((name) => `,${JSON.stringify(name)}:`);
    const end = `,"event":${JSON.stringify(event)}}\n`;
    return (values) => {
      let line = `${start}${Date.now()},${bound}`;
      // By index: an iterator of entries makes an array for each.
      for (let index = 0; index < values.length; index += 1) {
        const value = values[index];
        if (value !== undefined) line += `${labels[index]}${typeof value === "number" ? value : quote(value)}`;
      }
      this.#output.write(line + end);
    };
  }

  #toShown(fields: LogFields | undefined): LogFields {
    return withoutSecrets(this.#fields ? { ...this.#fields, ...fields } : fields);
  }
}

/** Text that stands in JSON as it is, as nearly all of it does. */
const PLAIN = /^[\u0020\u0021\u0023-\u005B\u005D-\uD7FF]*$/;

const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

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
