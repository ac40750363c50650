import { createClient, type JobProgress } from "@switchboard/client";
import { defineJob, type AppRouter, type JobsOf } from "@switchboard/server";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Checked by the compiler, run by nobody: what a client's calls are typed by, and what must not compile.

const bill = defineJob({
  name: "billing.bill-customer",
  input: z.object({ customer: z.string(), retries: z.number().default(3) }),
  output: z.object({ invoice: z.string() }),
  progress: z.object({ lines: z.number() }),
  run: ({ progress }) => {
    progress(0.5, { lines: 1 });
    return { invoice: "1" };
  },
});
const ping = defineJob({ name: "billing.ping", input: z.object({}), run: () => null });
const jobs = [bill, ping] as const;

const typed = createClient<AppRouter, JobsOf<typeof jobs>>({ url: "http://127.0.0.1" });
const untyped = createClient({ url: "http://127.0.0.1" });

export async function checkTypes(): Promise<void> {
  const handle = await typed.jobs.enqueue("billing.bill-customer", { customer: "ada" }, { key: "ada", tags: ["vip"] });
  const result = await handle.result({ timeoutMs: 1000 });
  expectTypeOf(result).toEqualTypeOf<{ invoice: string }>();
  for await (const step of handle.progress()) expectTypeOf(step).toEqualTypeOf<JobProgress<{ lines: number }>>();
  expectTypeOf<JobProgress<{ lines: number }>["data"]>().toEqualTypeOf<{ lines: number } | null>();

  const found = typed.jobs.handle<"billing.bill-customer">("id");
  expectTypeOf(await found.result()).toEqualTypeOf<{ invoice: string }>();
  // Without an output schema nothing is known of it.
  const pinged = await (await typed.jobs.enqueue("billing.ping", {})).result();
  expectTypeOf(pinged).toEqualTypeOf<unknown>();

  // @ts-expect-error -- no job has this name
  await typed.jobs.enqueue("billing.bill-custome", { customer: "ada" });
  // @ts-expect-error -- the input has a field less
  await typed.jobs.enqueue("billing.bill-customer", {});
  // @ts-expect-error -- and here one of another type
  await typed.jobs.enqueue("billing.bill-customer", { customer: 1 });
  // @ts-expect-error -- no such option
  await typed.jobs.enqueue("billing.ping", {}, { delay: 1 });
  // @ts-expect-error -- the output has no such field
  console.log((await handle.result()).total);
  // @ts-expect-error -- nor has the progress
  for await (const { data } of handle.progress()) console.log(data?.pages);
  // @ts-expect-error -- no job has this name
  typed.jobs.handle<"billing.unknown">("id");

  // The procedures are there beside the jobs.
  const { items } = await typed.queue.queues.list.query();
  expectTypeOf(items).items.toHaveProperty("name").toBeString();
  // Without types any name goes: the server judges.
  const any = await (await untyped.jobs.enqueue("any.name", { any: "input" })).result();
  expectTypeOf(any).toEqualTypeOf<unknown>();
}
