import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chromium } from "@playwright/test";

export interface Tool {
  readonly path: string;
  /** Where it came from, for people. */
  readonly source: string;
}

const SYSTEM_BROWSERS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Playwright's own Chromium, one of the system, or Debian's package installed now when we are root on Debian. */
export function findBrowser(): Tool {
  const bundled = chromium.executablePath();
  if (bundled && existsSync(bundled)) return { path: bundled, source: "Playwright's own Chromium" };
  return findProgram(SYSTEM_BROWSERS, "chromium", "a Chromium or Chrome browser");
}

export function findRedis(): Tool {
  return findProgram(["redis-server", "valkey-server"], "redis-server", "a Redis server");
}

/** Raises an Error that says how to install it where we must not do it ourselves. */
function findProgram(names: readonly string[], debianPackage: string, what: string): Tool {
  for (const name of names) {
    const path = which(name);
    if (path) return { path, source: `the system's ${name}` };
  }
  if (!isRootOnDebian())
    throw new Error(`The tests need ${what}. Install it, on Debian with: sudo apt-get install ${debianPackage}`);
  console.log(`Installing Debian's ${debianPackage}: the tests need ${what}.`);
  const options = {
    stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  execFileSync("apt-get", ["update", "-qq"], options);
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", debianPackage], options);
  const path = which(names[0] ?? debianPackage);
  if (!path) throw new Error(`Debian's ${debianPackage} was installed but ${names[0]} is not on the path.`);
  return { path, source: `Debian's ${debianPackage}, installed for this run` };
}

function which(name: string): string | undefined {
  try {
    return execFileSync("/bin/sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" }).trim() || undefined;
  } catch {
    // `command -v` exits with 1 for what it does not find; that is the answer.
    return undefined;
  }
}

function isRootOnDebian(): boolean {
  const release = "/etc/os-release";
  return process.getuid?.() === 0 && existsSync(release) && /^ID(_LIKE)?=.*debian/m.test(readFileSync(release, "utf8"));
}
