import { createTRPCClient, type Operation, TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AppRouter } from "@switchboard/server/router";
import { observable } from "@trpc/server/observable";
import { expect, test } from "vitest";
import { AnswerError, toAppError } from "./errors.ts";
import { createStepUp, type Question } from "./step-up.ts";
import { stepUpLink } from "./trpc.ts";

const KEY = "0198a1b2-0000-7000-8000-000000000001";

function refusal(code: string, details: object = {}): TRPCClientError<AppRouter> {
  const data = { code: "FORBIDDEN", httpStatus: 403, requestId: "r", app: { code, details } };
  return TRPCClientError.from<AppRouter>({ error: { message: code, code: -32003, data } } as never);
}

/** A client over a server that `answer` stands for, and the dialog of whoever uses it. */
function openDesk(answer: (op: Operation, isVerified: boolean) => TRPCClientError<AppRouter> | object) {
  const stepUp = createStepUp();
  const sent: string[] = [];
  const asked: (Question | null)[] = [];
  let isVerified = false;
  stepUp.subscribe(() => asked.push(stepUp.get()));
  const server: TRPCLink<AppRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        sent.push(`${op.path} ${JSON.stringify(op.input)}`);
        const result = answer(op, isVerified);
        if (result instanceof TRPCClientError) observer.error(result);
        else {
          observer.next({ result: { data: result } });
          observer.complete();
        }
      });
  const client = createTRPCClient<AppRouter>({ links: [stepUpLink(stepUp), server] });
  const confirm = (): void => {
    isVerified = true;
    stepUp.confirm();
  };
  return { client, stepUp, sent, asked, confirm };
}

const wantsProof = (_op: Operation, isVerified: boolean) =>
  isVerified ? { done: true } : refusal("STEP_UP_REQUIRED", { withinSeconds: 600 });

test("several calls at once share one question, and each goes on with its own input", async () => {
  const { client, stepUp, sent, confirm } = openDesk(wantsProof);
  const calls = Promise.all([
    client.access.keys.rotate.mutate({ id: KEY, overlapSeconds: 60 }),
    client.access.sessions.revokeAll.mutate({ asOf: "2026-11-24T14:06:12.000Z" }),
  ]);
  await expect
    .poll(() => stepUp.get())
    .toEqual({
      acts: ["access.keys.rotate", "access.sessions.revokeAll"],
      withinSeconds: 600,
    });
  confirm();
  expect(await calls).toEqual([{ done: true }, { done: true }]);
  expect(stepUp.get()).toBeNull();
  expect(sent).toHaveLength(4);
  expect(sent.slice(2)).toEqual(sent.slice(0, 2));
  expect(sent[0]).toBe(`access.keys.rotate {"id":"${KEY}","overlapSeconds":60}`);
});

test("a call that is called off is not sent again, and says so in the words of the dialog", async () => {
  const { client, stepUp, sent } = openDesk(wantsProof);
  const call = client.access.sessions.revokeAll.mutate({ asOf: "2026-11-24T14:06:12.000Z" });
  await expect.poll(() => stepUp.get()).not.toBeNull();
  stepUp.cancel("Nothing was done.");
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(toAppError(error)).toMatchObject({ code: "NOT_CONFIRMED", message: "Nothing was done.", status: 403 });
  expect(sent).toHaveLength(1);
});

test("a server that asks again after a confirmation is believed, not asked for ever", async () => {
  const { client, stepUp, sent, confirm, asked } = openDesk(() => refusal("STEP_UP_REQUIRED"));
  const call = client.access.keys.rotate.mutate({ id: KEY });
  await expect.poll(() => stepUp.get()).toEqual({ acts: ["access.keys.rotate"], withinSeconds: null });
  confirm();
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(toAppError(error).code).toBe("STEP_UP_REQUIRED");
  expect(sent).toHaveLength(2);
  expect(asked).toHaveLength(2);
});

test("other refusals and queries ask nobody", async () => {
  const { client, asked } = openDesk((op) => refusal(op.type === "query" ? "STEP_UP_REQUIRED" : "RIGHT_MISSING"));
  const calls = await Promise.allSettled([client.access.keys.rotate.mutate({ id: KEY }), client.access.me.query()]);
  expect(calls.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(asked).toEqual([]);
});

test("where nobody is there to ask, the refusal stands", async () => {
  const stepUp = createStepUp();
  const refused = new AnswerError({ status: 403, code: "STEP_UP_REQUIRED", message: "Confirm that it is you." });
  await expect(stepUp.run("access.passkeys.add", () => Promise.reject(refused))).rejects.toBe(refused);
});

test("a call outside tRPC goes on in the same way, and a new question is asked anew", async () => {
  const { stepUp } = openDesk(wantsProof);
  let tries = 0;
  const upload = (): Promise<string> => {
    tries += 1;
    const refused = new AnswerError({ status: 403, code: "STEP_UP_REQUIRED", message: "Confirm that it is you." });
    return tries % 2 === 1 ? Promise.reject(refused) : Promise.resolve("stored");
  };
  for (const round of [1, 2]) {
    const call = stepUp.run(`upload ${round}`, upload);
    await expect.poll(() => stepUp.get()?.acts).toEqual([`upload ${round}`]);
    stepUp.confirm();
    expect(await call).toBe("stored");
  }
  expect(tries).toBe(4);
});
