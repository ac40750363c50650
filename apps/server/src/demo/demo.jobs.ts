import { AppError, defineJob, type JobDefinition } from "@switchboard/server";
import { z } from "zod";

/** Waits as work would; ends at once when the attempt is cancelled. */
function work(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

const between = (min: number, max: number): number => min + Math.random() * (max - min);

/** Of ten addresses one is at the relay that is out of order. */
const sendMail = defineJob({
  name: "email.send",
  description: "Sends one mail through the relay.",
  queue: "email",
  input: z.object({
    to: z.email(),
    template: z.enum(["invite", "receipt", "digest"]),
    locale: z.string().default("en-GB"),
  }),
  output: z.object({ messageId: z.string() }),
  retry: { attempts: 5, backoffMs: 2000, maxDelayMs: 60_000 },
  concurrency: { perProcess: 4 },
  run: async ({ input, jobId, log, signal }) => {
    log.info(`rendering template ${input.template} (${input.locale})`);
    await work(between(80, 600), signal);
    log.info("connecting relay-2.mail.internal:587");
    if (!input.to.endsWith("@kestrel.example")) return { messageId: `<${jobId}@mail.internal>` };
    log.error("451 4.7.1 after RCPT TO");
    throw new Error("SMTP 451 4.7.1 Temporary failure, please try again later");
  },
});

const buildReport = defineJob({
  name: "reports.build",
  description: "Builds a report over a range of days.",
  queue: "reports",
  input: z.object({ report: z.enum(["usage", "billing", "security"]), days: z.number().int().min(1).max(365) }),
  output: z.object({ rows: z.number().int() }),
  timeoutMs: 120_000,
  concurrency: { perProcess: 2 },
  run: async ({ input, progress, signal }) => {
    for (let step = 1; step <= 20; step += 1) {
      await work(between(150, 450), signal);
      progress(step / 20);
    }
    return { rows: input.days * 137 };
  },
});

const deliverWebhook = defineJob({
  name: "webhook.deliver",
  description: "Posts an event to a customer's address.",
  queue: "webhooks",
  input: z.object({ url: z.url(), event: z.string(), attemptHeader: z.boolean().default(true) }),
  output: z.object({ status: z.number().int() }),
  retry: { attempts: 3, backoffMs: 1000 },
  run: async ({ input, log, signal }) => {
    await work(between(30, 250), signal);
    log.info(`POST ${input.url} ${input.event}`);
    if (Math.random() < 0.06)
      throw new AppError({
        kind: "BAD_GATEWAY",
        code: "HOOK_RESET",
        publicMessage: "ECONNRESET hooks.northwind.example",
      });
    return { status: 204 };
  },
});

/** Jobs that only the demo has. */
export const demoJobs: readonly JobDefinition[] = [sendMail, buildReport, deliverWebhook];
