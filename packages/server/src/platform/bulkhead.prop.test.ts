import { createFakeClock } from "@switchboard/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBulkhead, type BulkheadPermit } from "./bulkhead.ts";

type Step = { readonly act: "acquire" | "abort" | "release" | "release again"; readonly which: number };

const steps = fc.array(
  fc.record({
    act: fc.constantFrom<Step["act"]>("acquire", "acquire", "abort", "release", "release again"),
    which: fc.nat(20),
  }),
  { maxLength: 60 },
);

test("running never exceeds the limit, waiting never the queue, and every permit comes back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 5 }),
      steps,
      async (limit, queueLimit, plan) => {
        const bulkhead = createBulkhead({ clock: createFakeClock(), limit, queueLimit });
        const callers: { controller: AbortController; settled: Promise<void> }[] = [];
        const held = new Set<BulkheadPermit>();
        const released: BulkheadPermit[] = [];
        const check = (): void => {
          expect(held.size).toBe(bulkhead.inFlight);
          expect(bulkhead.inFlight).toBeLessThanOrEqual(limit);
          expect(bulkhead.waiting).toBeLessThanOrEqual(queueLimit);
        };
        const release = (permit: BulkheadPermit | undefined): void => {
          if (!permit) return;
          held.delete(permit);
          released.push(permit);
          permit.release();
        };

        for (const { act, which } of plan) {
          if (act === "acquire") {
            const controller = new AbortController();
            const settled = bulkhead.acquire(controller.signal).then(
              (permit) => void held.add(permit),
              () => undefined,
            );
            callers.push({ controller, settled });
          } else if (act === "abort") callers[which]?.controller.abort(new Error("left"));
          else if (act === "release") release([...held][which % Math.max(1, held.size)]);
          else released[which]?.release();
          await new Promise((resolve) => setImmediate(resolve));
          check();
        }

        while (held.size > 0 || bulkhead.waiting > 0) {
          release([...held][0]);
          await new Promise((resolve) => setImmediate(resolve));
          check();
        }
        await Promise.all(callers.map(({ settled }) => settled));
        expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
      },
    ),
  );
});
