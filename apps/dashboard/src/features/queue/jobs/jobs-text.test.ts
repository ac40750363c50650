import { expect, test } from "vitest";
import type { Job } from "../job.ts";
import { toCsv, toJson } from "./jobs-text.ts";

const job: Job = {
  id: "01a20c25-bae8-7d3e-b1f0-62a58d41c09e",
  name: "email.send",
  queue: "mail",
  state: "discarded",
  priority: -5,
  attempts: 5,
  maxAttempts: 5,
  createdAt: "2026-11-23T14:02:09.000Z",
  scheduledFor: "2026-11-23T14:02:09.000Z",
  startedAt: "2026-11-23T14:05:12.000Z",
  finishedAt: null,
  durationMs: 8100,
  errorMessage: 'said "no", twice\nand left',
  progress: null,
  tags: ["invite", "tenant:acme"],
  key: "=HYPERLINK(1)",
  fingerprint: null,
  isQuarantined: false,
};

test("rows are CSV that a spreadsheet reads and does not run", () => {
  const [head, ...rest] = toCsv([job]).split("\r\n");
  expect(head?.startsWith("id,name,queue,state")).toBe(true);
  const body = rest.join("\r\n");
  expect(body).toContain(",'=HYPERLINK(1),invite tenant:acme,");
  expect(body).toContain(",-5,");
  expect(body).toContain('"said ""no"", twice\nand left"');
});

test("rows as JSON are the rows", () => {
  expect(JSON.parse(toJson([job]))).toEqual([job]);
});
