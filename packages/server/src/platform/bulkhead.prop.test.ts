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

const sizedSteps = fc.array(
  fc.record({
    act: fc.constantFrom("acquire", "acquire", "abort", "release", "resize"),
    which: fc.nat(20),
    limit: fc.integer({ min: 1, max: 5 }),
    queueLimit: fc.integer({ min: 0, max: 6 }),
  }),
  { maxLength: 60 },
);

test("after any changes of size a permit is given only below the limit, in order, and nobody who waits is lost", async () => {
  await fc.assert(
    fc.asyncProperty(sizedSteps, async (plan) => {
      const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 2, queueLimit: 3 });
      const held: BulkheadPermit[] = [];
      const admitted: number[] = [];
      const controllers: AbortController[] = [];
      const settled: Promise<void>[] = [];
      let refused = 0;
      let left = 0;

      for (const { act, which, limit, queueLimit } of plan) {
        const before = { inFlight: bulkhead.inFlight, waiting: bulkhead.waiting };
        const isFull = bulkhead.waiting >= bulkhead.queueLimit;
        if (act === "acquire") {
          const controller = new AbortController();
          const index = controllers.push(controller) - 1;
          const answer = bulkhead.acquire(controller.signal);
          settled.push(
            answer.then(
              (permit) => void (held.push(permit), admitted.push(index)),
              () => void (controller.signal.aborted ? (left += 1) : (refused += 1)),
            ),
          );
        } else if (act === "abort") controllers[which]?.abort(new Error("left"));
        else if (act === "release") held.splice(which % Math.max(1, held.length), 1)[0]?.release();
        else bulkhead.resize({ limit, queueLimit });
        await new Promise((resolve) => setImmediate(resolve));

        expect(bulkhead.inFlight).toBe(held.length);
        expect(isFull && bulkhead.waiting > before.waiting).toBe(false);
        // Above a limit that was lowered nobody is admitted.
        expect(bulkhead.inFlight).toBeLessThanOrEqual(Math.max(bulkhead.limit, before.inFlight));
        // A free slot and somebody who waits for one: never both.
        expect(bulkhead.inFlight < bulkhead.limit && bulkhead.waiting > 0).toBe(false);
        expect(admitted).toEqual(admitted.toSorted((a, b) => a - b));
        expect(held.length + bulkhead.waiting).toBeLessThanOrEqual(controllers.length - refused);
      }

      while (held.length > 0) {
        held.shift()?.release();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(settled);
      expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
      expect(admitted.length + refused + left).toBe(controllers.length);
    }),
  );
});
