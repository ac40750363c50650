import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const PREFIX = ".scratch-";

/** Far more than any start takes. Age is the test: the pid in a name may be another's by now, or live in another container. */
const MAX_AGE_MS = 60 * 60 * 1000;

/** A private folder for something that is made aside and renamed into place. */
export function makeScratchDir(parent: string): string {
  return mkdtempSync(join(parent, PREFIX));
}

/** Removes what killed starters left. */
export function removeOldScratchDirs(parent: string): void {
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const path = join(parent, name);
    const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (modifiedMs !== undefined && Date.now() - modifiedMs > MAX_AGE_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
