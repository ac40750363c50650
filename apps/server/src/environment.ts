import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "@switchboard/server";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where the data is when nothing is said: beside the code, and for the demo a place of its own. */
export function defaults(isDemo: boolean): Record<string, string> {
  const dataDir = path.join(root, isDemo ? ".switchboard/demo" : ".switchboard");
  return { SWITCHBOARD_DATA_DIR: dataDir, ...(isDemo ? { SWITCHBOARD_LAB: "1" } : {}) };
}

/** What was foreseen says what to do; a surprise is introduced by `failure` and shows its stack. `options` are those of the command. */
export function toSentence(error: unknown, options: string, failure = "Switchboard could not start"): string {
  if (error instanceof ConfigError) return error.message;
  const {
    publicMessage,
    code,
    path: file,
    stack,
    message,
  } = error as Partial<Record<"publicMessage" | "code" | "path" | "stack" | "message", string>>;
  if (publicMessage !== undefined) return publicMessage;
  if (code?.startsWith("ERR_PARSE_ARGS")) return `${message} Known is ${options}.`;
  // The database has sentences of its own; what else is read and written lies in the data folder.
  if (file !== undefined) return `${file} cannot be used (${code}). Point SWITCHBOARD_DATA_DIR at a folder of yours.`;
  return `${failure}: ${stack ?? String(error)}`;
}
