import { chmodSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const TWO_GIBIBYTES = 2 ** 31;

/** In memory where there is room: a new cluster is some 1,000 files, and a copied database 300. */
function findFastDir(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > TWO_GIBIBYTES ? "/dev/shm" : tmpdir();
  } catch {
    // Linux alone has it.
    return tmpdir();
  }
}

/** An empty folder for a database. Whoever makes it removes it. */
export function makeDataDir(): string {
  const dataDir = mkdtempSync(path.join(findFastDir(), "switchboard-test-"));
  // As root the database server runs as another user, who has to get to its folder inside.
  chmodSync(dataDir, 0o711);
  return dataDir;
}
