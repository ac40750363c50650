import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findBrowser, findRedis } from "./browser.ts";
import { quickSteps, runAll } from "./check.ts";
import { prepare } from "./prepare.ts";

interface Counts {
  passed: number;
  failed: number;
}

const reports = mkdtempSync(path.join(tmpdir(), "switchboard-test-"));
const vitestReport = path.join(reports, "vitest.json");
const playwrightReport = path.join(reports, "playwright.json");

try {
  const browser = findBrowser();
  const redis = findRedis();
  console.log(
    `Browser: ${browser.path} (${browser.source})\nRedis: ${redis.path} (${redis.source})\nNode: ${process.version}`,
  );
  await prepare();
  const failed = await runAll([
    ...quickSteps,
    {
      name: "Unit, integration and fault tests",
      command: ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile=${vitestReport}`],
      env: { REDIS_SERVER: redis.path },
    },
    {
      name: "Journeys",
      command: ["playwright", "test"],
      env: { CHROMIUM: browser.path, PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport },
    },
  ]);
  const counts = add(readVitest(vitestReport), readPlaywright(playwrightReport), {
    passed: quickSteps.filter(({ name }) => !failed.includes(name)).length,
    failed: quickSteps.filter(({ name }) => failed.includes(name)).length,
  });
  // A step can fail without a failing test in its report: a leak, a crash, a report that was never written.
  if (failed.length > 0 && counts.failed === 0) counts.failed = failed.length;
  if (failed.length > 0) console.error(`\nFailed: ${failed.join(", ")}`);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
} finally {
  rmSync(reports, { recursive: true, force: true });
}

function add(...parts: readonly Counts[]): Counts {
  return parts.reduce((sum, part) => ({ passed: sum.passed + part.passed, failed: sum.failed + part.failed }));
}

function readVitest(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, "utf8")) as { numPassedTests: number; numFailedTests: number };
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

function readPlaywright(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const { stats } = JSON.parse(readFileSync(file, "utf8")) as {
    stats: { expected: number; unexpected: number; flaky: number };
  };
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
}
