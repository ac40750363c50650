import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder for a database on the disk of this machine. Whoever makes it removes it. */
export async function makeBenchDir(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "switchboard-bench-"));
  // As root the database server runs as another user, who has to get to its folder inside.
  await chmod(dataDir, 0o711);
  return dataDir;
}
