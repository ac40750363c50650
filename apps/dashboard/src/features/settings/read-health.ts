export interface Health {
  readonly status: string;
  readonly version: string;
  readonly database: string;
  readonly setupRequired: boolean;
}

/** The server's own account of itself. It answers 503 with the same body when something is wrong, which is no error here. */
export async function readHealth(signal: AbortSignal): Promise<Health> {
  const response = await fetch("/health", { signal });
  return parseHealth(await response.json());
}

function parseHealth(body: unknown): Health {
  const read = (key: string): unknown =>
    typeof body === "object" && body !== null ? Reflect.get(body, key) : undefined;
  const [status, version, database] = [read("status"), read("version"), read("database")];
  if (typeof status !== "string" || typeof version !== "string" || typeof database !== "string") {
    throw new TypeError("/health did not answer as expected.");
  }
  return { status, version, database, setupRequired: read("setupRequired") === true };
}
