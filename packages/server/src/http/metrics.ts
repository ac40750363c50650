import type { Summary } from "../stats/stats.schema.ts";

/** Counters of one procedure in this process since it started. */
export interface ProcedureTotals {
  readonly path: string;
  readonly calls: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly limited: number;
  readonly sumMs: number;
}

/** Prometheus text format. Call counters are of this process, everything else is of all of them. */
export function toMetrics(totals: readonly ProcedureTotals[], summary: Summary): string {
  const lines: string[] = [];
  const metric = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    samples: readonly [labels: string, value: number][],
  ): void => {
    lines.push(
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
    );
  };
  const label = (path: string, outcome: string): string => `{procedure="${path}",outcome="${outcome}"}`;
  metric(
    "switchboard_calls_total",
    "counter",
    "Calls answered, by procedure and outcome.",
    totals.flatMap(({ path, calls, errors, clientErrors, limited }): [string, number][] => [
      [label(path, "ok"), calls - errors - clientErrors - limited],
      [label(path, "error"), errors],
      [label(path, "client_error"), clientErrors],
      [label(path, "limited"), limited],
    ]),
  );
  metric(
    "switchboard_call_seconds_total",
    "counter",
    "Time spent in calls, waiting included.",
    totals.map(({ path, sumMs }) => [`{procedure="${path}"}`, sumMs / 1000]),
  );
  metric("switchboard_calls_in_flight", "gauge", "Calls under way.", [["", summary.inFlight]]);
  const { queue, cache } = summary;
  metric("switchboard_jobs", "gauge", "Jobs by state, approximate when many.", [
    ['{state="available"}', queue.ready],
    ['{state="executing"}', queue.running],
    ['{state="retryable"}', queue.retrying],
    ['{state="scheduled"}', queue.scheduled],
    ['{state="discarded"}', queue.failed],
  ]);
  metric("switchboard_oldest_ready_job_seconds", "gauge", "Age of the job that has waited longest.", [
    ["", (queue.oldestReadyAgeMs ?? 0) / 1000],
  ]);
  metric("switchboard_queue_slots_used", "gauge", "Attempts running.", [["", queue.slots.used]]);
  metric("switchboard_cache_entries", "gauge", "Entries in the caches of all processes.", [["", cache.entries]]);
  metric("switchboard_cache_bytes", "gauge", "Bytes in the caches of all processes.", [["", cache.sizeBytes]]);
  metric("switchboard_cache_hits_total", "counter", "Cache reads answered from memory.", [["", cache.hits]]);
  metric("switchboard_cache_misses_total", "counter", "Cache reads that found nothing.", [["", cache.misses]]);
  metric("process_resident_memory_bytes", "gauge", "Resident memory.", [["", process.memoryUsage.rss()]]);
  return `${lines.join("\n")}\n`;
}
