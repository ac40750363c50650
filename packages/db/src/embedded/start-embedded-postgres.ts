import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { DatabaseStartError } from "../database-start-error.ts";
import type { LogFunction } from "../log-function.ts";
import { initCluster } from "./init-cluster.ts";
import { joinLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { prepareBinaries } from "./native-binaries.ts";
import type { NativeBinaries } from "./native-binaries.ts";
import { preparePlace } from "./place.ts";
import type { Place } from "./place.ts";
import { findPostmaster, removeMisleadingLockFile, servesCluster, signalPostmaster } from "./postmaster.ts";
import { probe } from "./probe.ts";
import { removeOldScratchDirs } from "./scratch.ts";
import { spawnPostgres } from "./spawn-postgres.ts";
import type { PostgresSettings, SpawnedPostgres } from "./spawn-postgres.ts";
import { isPassingFailure, toStartError } from "./start-failure.ts";

export interface EmbeddedPostgresOptions {
  /** The server lives in `postgres/` below; as root, behind a link there when its user cannot get to this folder. */
  dataDir: string;
  /** On top of the defaults, for the process that happens to start the server. */
  settings?: PostgresSettings;
  log?: LogFunction;
}

/**
 * A share in the embedded server of one data folder. Any number of processes may hold one: the first starts the server, the
 * last to stop or die takes it down, and when it crashes one of them starts it again at the same address.
 */
export interface EmbeddedPostgres {
  /** Address of a database of this server, over its unix socket. */
  urlOf(database: string): string;
  /** True when the server was running before. */
  wasRunning: boolean;
  /** The server's process at the moment. */
  pid(): number | undefined;
  /** Lets go of the server and, as the last one, waits until it is down. Safe twice. */
  stop(): Promise<void>;
}

const POLL_MS = 25;
const RETRY_MS = 100;
/** Crash recovery replays up to a gigabyte of log. */
const START_TIMEOUT_MS = 5 * 60 * 1000;
/** How long a server may neither answer nor end. */
const SILENCE_TIMEOUT_MS = 60 * 1000;
const FAST_SHUTDOWN_TIMEOUT_MS = 30 * 1000;
const RESTART_DELAY_MS = 500;

interface Context {
  place: Place;
  /** Looked for once, and not at all by who joins a running server. */
  findBinaries(): NativeBinaries;
  settings: PostgresSettings;
  log: LogFunction;
}

interface RunningServer {
  lease: Lease;
  wasRunning: boolean;
  spawned?: SpawnedPostgres;
}

/** Twice with a pause: right after its last holder died, a server answers once more before the watchdog gets to it. */
async function tryToAttach({ place }: Context): Promise<RunningServer | undefined> {
  const lease = joinLease(place.leasePath);
  if (lease === undefined) return undefined;
  for (let round = 0; round < 2; round++) {
    if ((await probe(place.runDir)).state !== "ready" || !lease.isHeld()) {
      lease.release();
      return undefined;
    }
    if (round === 0) await sleep(100);
  }
  return { lease, wasRunning: true };
}

async function tryToStart({ place, findBinaries, settings, log }: Context): Promise<RunningServer | undefined> {
  const binaries = findBinaries();
  removeOldScratchDirs(place.root);
  await initCluster(place, binaries);
  removeMisleadingLockFile(place.clusterDir);
  const spawned = spawnPostgres(place, binaries, { settings, log });
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (!spawned.hasExited()) {
    const answer = await probe(place.runDir);
    if (answer.state === "ready" && answer.serverName === spawned.serverName) {
      return { lease: spawned.lease, wasRunning: false, spawned };
    }
    if (performance.now() > giveUpAt) {
      spawned.lease.release();
      throw new DatabaseStartError(
        `The embedded Postgres in ${place.root} did not get ready in ${START_TIMEOUT_MS / 1000} s.`,
      );
    }
    await Promise.race([spawned.waitForExit(), sleep(POLL_MS)]);
  }
  spawned.lease.release();
  if (isPassingFailure(spawned.output())) return undefined;
  throw toStartError(spawned.output(), place.root);
}

async function attachOrStart(context: Context): Promise<RunningServer> {
  const { place, log } = context;
  const startedAt = performance.now();
  for (let round = 0; ; round++) {
    const attached = await tryToAttach(context);
    if (attached !== undefined) return attached;
    const { state } = await probe(place.runDir);
    if (state === "down") {
      const started = await tryToStart(context);
      if (started !== undefined) return started;
    }
    // A server whose watchdog was killed would stay for ever.
    if (state === "ready" && joinsNobody(place)) signalPostmaster(place.clusterDir, "SIGINT");
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > (state === "busy" ? START_TIMEOUT_MS : SILENCE_TIMEOUT_MS)) {
      const pid = findPostmaster(place.clusterDir) ?? "unknown";
      throw new DatabaseStartError(
        `Another Postgres (process ${pid}) holds ${place.root} and does not answer: stop it.`,
      );
    }
    if (round === 20) log("database.embedded.waiting", { state });
    await sleep(RETRY_MS);
  }
}

function joinsNobody({ leasePath }: Place): boolean {
  const lease = joinLease(leasePath);
  lease?.release();
  return lease === undefined;
}

/** Resolves when the connection to the server ends for whatever reason. */
async function watchConnection(place: Place): Promise<{ ended: Promise<void>; close(): Promise<void> }> {
  const client = new Client({
    host: place.runDir,
    user: "postgres",
    database: "postgres",
    application_name: "switchboard-watch",
  });
  const ended = new Promise<void>((resolve) => {
    client.once("end", resolve);
    client.on("error", () => resolve());
  });
  await client.connect();
  // The declarations leave out that a client, like a socket, need not keep the process alive.
  const socket = client as Client & { ref(): void; unref(): void };
  socket.unref();
  const close = () => {
    socket.ref();
    return client.end();
  };
  return { ended, close };
}

/** Down means down: nothing may touch the folder afterwards. Returns at once when others still use the server. */
async function waitUntilDown({ place, log }: Context, spawned: SpawnedPostgres | undefined): Promise<void> {
  const pid = findPostmaster(place.clusterDir);
  for (let round = 0; !joinsNobody(place); round++) {
    // The watchdog needs a moment to see the end of the pipe; one that still reads after this has other holders.
    if (round === 20) return log("database.embedded.left-running", {});
    await sleep(POLL_MS);
  }
  const startedAt = performance.now();
  let isForced = false;
  // By its number: the server removes its lock file a moment before it ends.
  while (pid !== undefined && servesCluster(pid, place.clusterDir)) {
    if (!isForced && performance.now() - startedAt > FAST_SHUTDOWN_TIMEOUT_MS) {
      isForced = true;
      log("database.embedded.stop-forced", {});
      signalPostmaster(place.clusterDir, "SIGQUIT");
    }
    await sleep(POLL_MS);
  }
  await spawned?.waitForExit();
}

/**
 * Starts the embedded Postgres of a data folder or joins the one that runs. Raises `DatabaseStartError`. Data is durable:
 * `fsync` and `synchronous_commit` are on.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, settings = {}, log = () => undefined } = options;
  const startedAt = performance.now();
  const place = preparePlace(dataDir);
  let binaries: NativeBinaries | undefined;
  const context: Context = { place, settings, log, findBinaries: () => (binaries ??= prepareBinaries(place)) };
  let running = await attachOrStart(context);
  let watch = await watchConnection(place);
  let stopped: Promise<void> | undefined;
  const { wasRunning } = running;
  log("database.embedded.started", {
    wasRunning,
    root: place.root,
    durationMs: Math.round(performance.now() - startedAt),
  });

  async function keepRunning(): Promise<void> {
    while (stopped === undefined) {
      await watch.ended;
      if (stopped !== undefined) return;
      log("database.embedded.lost", {});
      // Kept until there is another: it may be what keeps a server up that is just recovering.
      const previous = running.lease;
      try {
        running = await attachOrStart(context);
        previous.release();
        watch = await watchConnection(place);
        log("database.embedded.restarted", { wasRunning: running.wasRunning });
      } catch (error) {
        log("database.embedded.restart-failed", { error });
        await sleep(RESTART_DELAY_MS);
      }
    }
  }
  const supervision = keepRunning();

  async function stop(): Promise<void> {
    await watch.close();
    await supervision;
    // A restart may have been under way, and made another one.
    await watch.close();
    running.lease.release();
    await waitUntilDown(context, running.spawned);
  }

  return {
    urlOf: (database) =>
      `postgresql://postgres@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(place.runDir)}`,
    wasRunning,
    pid: () => findPostmaster(place.clusterDir),
    stop: () => (stopped ??= stop()),
  };
}
