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
    template: z.enum(["invite", "receipt", "digest", "report"]),
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

const REPORT_STEPS = 20;

/** One at a time for each customer, and a mail when it is done: the job that stored another is shown with it. */
const buildReport = defineJob({
  name: "reports.build",
  description: "Builds a report over a range of days and mails it.",
  queue: "reports",
  input: z.object({
    report: z.enum(["usage", "billing", "security"]),
    days: z.number().int().min(1).max(365),
    sendTo: z.email().optional(),
  }),
  output: z.object({ rows: z.number().int() }),
  progress: z.object({ step: z.enum(["reading", "summing", "writing"]), rows: z.number().int() }),
  timeoutMs: 120_000,
  concurrency: { perProcess: 2, perKey: 1 },
  run: async ({ input, progress, enqueue, signal }) => {
    const rows = input.days * 137;
    for (let step = 1; step <= REPORT_STEPS; step += 1) {
      await work(between(150, 450), signal);
      const share = step / REPORT_STEPS;
      const name = share < 0.6 ? "reading" : share < 0.9 ? "summing" : "writing";
      progress(share, { step: name, rows: Math.round(rows * share) });
    }
    if (input.sendTo) await enqueue(sendMail, { to: input.sendTo, template: "report" }, { tags: ["report"] });
    return { rows };
  },
});

/** Some addresses are gone for good, and a few connections break. */
const deliverWebhook = defineJob({
  name: "webhook.deliver",
  description: "Posts an event to a customer's address.",
  queue: "webhooks",
  input: z.object({
    url: z.url(),
    event: z.string(),
    signature: z.string().default("none"),
    attemptHeader: z.boolean().default(true),
  }),
  output: z.object({ status: z.number().int() }),
  retry: {
    attempts: 3,
    backoffMs: 1000,
    retryable: (error) => !(error instanceof AppError && error.code === "HOOK_GONE"),
  },
  rateLimit: { limit: 20, perMs: 1000 },
  redact: ["signature"],
  run: async ({ input, log, signal }) => {
    await work(between(30, 250), signal);
    log.info(`POST ${input.url} ${input.event}`);
    const { host } = new URL(input.url);
    if (host === "hooks.initech.example")
      throw new AppError({
        kind: "BAD_GATEWAY",
        code: "HOOK_GONE",
        publicMessage: `410 Gone from ${host}: nobody listens there any more`,
      });
    if (Math.random() < 0.06)
      throw new AppError({ kind: "BAD_GATEWAY", code: "HOOK_RESET", publicMessage: `ECONNRESET ${host}` });
    return { status: 204 };
  },
});

interface Plan {
  readonly seats: { readonly included: number };
}
const PLANS: Readonly<Record<string, Plan>> = {
  team: { seats: { included: 5 } },
  business: { seats: { included: 25 } },
};

/** A defect, as they are: nobody thought of the plan that is only sold by hand. */
function countExtraSeats(plan: string, seats: number): number {
  const { included } = (PLANS[plan] as Plan).seats;
  return Math.max(0, seats - included);
}

const chargeCard = defineJob({
  name: "billing.charge",
  description: "Charges a customer's card for one invoice, once.",
  queue: "billing",
  priority: 10,
  input: z.object({
    invoice: z.string(),
    plan: z.enum(["team", "business", "enterprise"]),
    seats: z.number().int(),
    card: z.object({ holder: z.string(), token: z.string() }),
  }),
  output: z.object({ amountCents: z.number().int(), receipt: z.object({ token: z.string() }) }),
  retry: { attempts: 2, backoffMs: 500 },
  concurrency: { perProcess: 5, global: 10 },
  dedupe: { key: ({ invoice }) => invoice, windowMs: 24 * 3600 * 1000 },
  redact: ["card.token", "receipt.token"],
  run: async ({ input, jobId, log, signal }) => {
    log.info(`invoice ${input.invoice}: ${input.seats} seats on ${input.plan}`);
    await work(between(40, 200), signal);
    const extra = countExtraSeats(input.plan, input.seats);
    return { amountCents: 4900 + extra * 900, receipt: { token: `rcpt_${jobId}` } };
  },
});

const CLIP_STEPS = 60;

/** Slower than what arrives, and limited: its jobs wait, each for a reason that the desk names. */
const encodeClip = defineJob({
  name: "media.encode",
  description: "Encodes an uploaded clip. At most two at once over all processes, one for each customer.",
  queue: "media",
  input: z.object({ clip: z.string(), seconds: z.number().int().min(1).max(600), formats: z.array(z.string()).min(1) }),
  output: z.object({ files: z.array(z.string()) }),
  progress: z.object({ frame: z.number().int(), of: z.number().int() }),
  timeoutMs: 15 * 60_000,
  concurrency: { perProcess: 2, global: 2, perKey: 1 },
  run: async ({ input, progress, log, signal }) => {
    const frames = input.seconds * 25;
    log.info(`${input.clip}: ${frames} frames to ${input.formats.join(", ")}`);
    for (let step = 1; step <= CLIP_STEPS; step += 1) {
      await work(500, signal);
      progress(step / CLIP_STEPS, { frame: Math.round((frames * step) / CLIP_STEPS), of: frames });
    }
    return { files: input.formats.map((format) => `${input.clip}.${format}`) };
  },
});

/** At half past two in New York, a time that one night a year does not have and another has twice. */
const closeBooks = defineJob({
  name: "billing.close-day",
  description: "Closes the books of the day before, when New York is asleep.",
  queue: "billing",
  input: z.object({ ledger: z.string() }),
  output: z.object({ entries: z.number().int() }),
  cron: { expression: "30 2 * * *", timeZone: "America/New_York", input: { ledger: "main" } },
  run: async ({ signal }) => {
    await work(between(500, 1500), signal);
    return { entries: Math.round(between(800, 1200)) };
  },
});

const checkRelay = defineJob({
  name: "ops.check-relay",
  description: "Asks the mail relay whether it is well.",
  queue: "ops",
  input: z.object({ host: z.string() }),
  output: z.object({ isWell: z.boolean(), tookMs: z.number() }),
  retry: { attempts: 1 },
  timeoutMs: 5000,
  run: async ({ signal }) => {
    const tookMs = Math.round(between(5, 60));
    await work(tookMs, signal);
    return { isWell: true, tookMs };
  },
});

/** Its queue is paused: what waits there says so. */
const moveArchive = defineJob({
  name: "archive.move",
  description: "Moves a month of documents to cold storage.",
  queue: "archive",
  input: z.object({ month: z.string(), bucket: z.string() }),
  run: () => null,
});

/** Jobs that only the demo has. */
export const demoJobs: readonly JobDefinition[] = [
  sendMail,
  buildReport,
  deliverWebhook,
  chargeCard,
  encodeClip,
  closeBooks,
  checkRelay,
  moveArchive,
];
