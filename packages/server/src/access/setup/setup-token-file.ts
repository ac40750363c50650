import { readFileSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ids } from "../../platform/ids.ts";

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

/** The set-up token in the data directory, readable by the server's own user: restarts and sibling processes share one link. */
export interface SetupTokenFile {
  /** The token that is there, or a fresh one. Of many processes that start at once, one makes it. */
  ensure(): Promise<string>;
  /** The token, if it is there. Reads the file: the token is not kept in memory. */
  read(): string | undefined;
  remove(): Promise<void>;
}

export function createSetupTokenFile(dataDir: string, ids: Ids): SetupTokenFile {
  const path = join(dataDir, "setup-token");

  const create = async (): Promise<void> => {
    await mkdir(dataDir, { recursive: true });
    const draft = `${path}.${ids.uuid()}`;
    await writeFile(draft, ids.secret(TOKEN_BYTES), { mode: 0o600, flag: "wx" });
    try {
      // Written elsewhere and linked: whoever finds the file finds it whole, and a link never replaces one that is there.
      await link(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await rm(draft, { force: true });
    }
  };

  return {
    ensure: async () => {
      await create();
      const token = (await readFile(path, "utf8")).trim();
      if (TOKEN.test(token)) return token;
      throw new Error(`${path} does not hold a set-up token: delete the file and start again.`);
    },
    read: () => {
      try {
        const token = readFileSync(path, "utf8").trim();
        return TOKEN.test(token) ? token : undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    remove: () => rm(path, { force: true }),
  };
}
