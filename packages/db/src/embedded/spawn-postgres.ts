import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { LogFunction } from "../log-function.ts";
import { createLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import type { NativeBinaries } from "./native-binaries.ts";
import type { Place } from "./place.ts";

export interface SpawnedPostgres {
  lease: Lease;
  /** Tells this server from one that another process started in the same folder at the same time. */
  serverName: string;
  /** What it printed so far, the last lines only. */
  output(): string;
  hasExited(): boolean;
  /** Keeps the process alive while it waits, which the server itself does not. */
  waitForExit(): Promise<void>;
}

/**
 * Runs beside the server and outlives us. It waits on the lease (descriptor 3) and then asks for a fast shutdown; when the
 * server ends by itself, so does this. `read` is part of the shell, so that no child keeps the pipe open behind its back.
 */
const WATCHDOG = [
  '"$@" </dev/null 3<&- & server=$!',
  '( while read -r _; do :; done <&3; kill -INT "$server" ) & watcher=$!',
  'exec 3<&-; wait "$server"; status=$?; kill "$watcher" 2>/dev/null; exit "$status"',
].join("\n");

const MAX_OUTPUT_LINES = 50;

/** Extra server settings, such as `{ work_mem: "16MB" }`. */
export type PostgresSettings = Record<string, string>;

function toArguments({ clusterDir, runDir }: Place, serverName: string, settings: PostgresSettings): string[] {
  const all: PostgresSettings = {
    cluster_name: serverName,
    listen_addresses: "",
    // A list: quoted, since a folder's name may hold a comma.
    unix_socket_directories: `"${runDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "128MB",
    fsync: "on",
    synchronous_commit: "on",
    timezone: "UTC",
    // Start, stop and crashes only. Failed statements reach their caller, and their values have no place in a log.
    logging_collector: "off",
    log_destination: "stderr",
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
    log_line_prefix: "",
    ...settings,
  };
  return ["-D", clusterDir, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** Starts the server with its watchdog. Whether it comes up is for the caller to find out. */
export function spawnPostgres(
  place: Place,
  binaries: NativeBinaries,
  { settings, log }: { settings: PostgresSettings; log: LogFunction },
): SpawnedPostgres {
  const { lease, readFd } = createLease(place.leasePath);
  const serverName = `switchboard-${randomBytes(4).toString("hex")}`;
  const command = [binaries.postgres, ...toArguments(place, serverName, settings)];
  // Detached: Ctrl-C in a terminal goes to the whole group, and must not reach the server before the program has drained.
  const child = spawn("/bin/sh", ["-c", WATCHDOG, "sh", ...command], {
    ...place.identity,
    env: binaries.env,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe", readFd],
  });
  closeSync(readFd);

  const lines: string[] = [];
  let isGone = false;
  const exited = new Promise<void>((resolve) => {
    const finish = () => {
      isGone = true;
      resolve();
    };
    // `close` comes after the last line of output, `exit` may come before.
    child.once("close", finish);
    child.once("error", (error) => {
      lines.push(error.message);
      finish();
    });
  });
  const stderr = child.stdio[2] as Socket;
  createInterface({ input: stderr }).on("line", (line) => {
    lines.push(line);
    if (lines.length > MAX_OUTPUT_LINES) lines.shift();
    log("database.embedded.output", { line });
  });
  // A script that forgets to stop may end all the same; the watchdog then stops the server.
  child.unref();
  stderr.unref();
  return {
    lease,
    serverName,
    output: () => lines.join("\n"),
    hasExited: () => isGone,
    waitForExit() {
      if (isGone) return exited;
      child.ref();
      // Already dead it holds nothing, and what is awaited comes with the end of its output.
      stderr.ref();
      return exited;
    },
  };
}
