import { DatabaseStartError } from "./database-start-error.ts";

/** Oldest server that this release is tested with. */
const MIN_SERVER_VERSION = 150_000;

/** The address without its password and options. */
function toPublicAddress(url: string): string {
  const { username, host, pathname, searchParams } = new URL(url);
  const shownHost = searchParams.get("host") ?? host;
  return `postgresql://${username === "" ? "" : `${username}@`}${shownHost}${pathname}`;
}

/** Says what is wrong with a `DATABASE_URL` without repeating it: it holds a password. */
export function checkDatabaseUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new DatabaseStartError(
      "DATABASE_URL is no Postgres address: it looks like postgresql://user:password@host:5432/database.",
    );
  }
}

export function checkServerVersion(version: number, url: string): void {
  if (version >= MIN_SERVER_VERSION) return;
  const major = Math.floor(version / 10_000);
  throw new DatabaseStartError(
    `The server at ${toPublicAddress(url)} is Postgres ${major}: Postgres 15 or newer is needed.`,
  );
}

const SENTENCES: Record<string, (address: string) => string> = {
  ECONNREFUSED: (address) => `Nothing listens at ${address}: start that Postgres server, or correct DATABASE_URL.`,
  ENOENT: (address) => `Nothing listens at ${address}: start that Postgres server, or correct DATABASE_URL.`,
  ENOTFOUND: (address) => `The host name of ${address} is unknown: correct DATABASE_URL.`,
  EAI_AGAIN: (address) =>
    `The host name of ${address} cannot be looked up at the moment: check the network, or correct DATABASE_URL.`,
  "28P01": (address) => `The server refused the user or password for ${address}: correct DATABASE_URL.`,
  "28000": (address) => `The server refused the user of ${address}: correct DATABASE_URL, or let it in (pg_hba.conf).`,
  "3D000": (address) => `The database of ${address} does not exist: create it, or correct DATABASE_URL.`,
  "42501": (address) => `The user of ${address} may not create tables there: GRANT it CREATE on the schema public.`,
  "53300": (address) => `The server at ${address} has no connection left: raise its max_connections, or close others.`,
  ETIMEDOUT: (address) => `The server at ${address} does not answer: check the network, or correct DATABASE_URL.`,
  "57P03": (address) => `The server at ${address} is starting or stopping: try again.`,
};

/** The driver gives no code to what it finds by itself. */
function toKnownCode(code: string, message: string): string {
  if (code !== "") return code;
  if (/password must be a string/.test(message)) return "28P01";
  return /timeout|terminated unexpectedly/i.test(message) ? "ETIMEDOUT" : "";
}

/** One clear sentence for a failed connection to `url`, without its password. */
export function toConnectError(error: unknown, url: string): DatabaseStartError {
  if (error instanceof DatabaseStartError) return error;
  const address = toPublicAddress(url);
  // A host with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = "", message } = first as NodeJS.ErrnoException;
  const sentence =
    SENTENCES[toKnownCode(code, message)]?.(address) ??
    `Cannot use the database at ${address} (${message}): correct DATABASE_URL.`;
  return new DatabaseStartError(sentence, { cause: error });
}
