import {
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  initTRPC,
  transformTRPCResponse,
  TRPCError,
  type AnyRouter,
  type inferRouterContext,
} from "@trpc/server";
import { internal_exceptionHandler as describeFailure } from "@trpc/server/adapters/node-http";
import { getHTTPStatusCode } from "@trpc/server/http";
import type { FastLaneOptions } from "./fast-lane.ts";
import { setHeader } from "./headers.ts";
import { JsonText } from "./json-text.ts";
import { isStream } from "./is-stream.ts";
import { RequestInfo, type LaneRequest } from "./request.ts";
import { addHeaders, checkStatus, respond, type Answer } from "./respond.ts";
import { createRunner, type Outcome } from "./run-calls.ts";

type Envelope = Parameters<NonNullable<FastLaneOptions<AnyRouter>["responseMeta"]>>[0]["data"][number];

/** Hands its argument back, whatever it is. A transformer of the application may do so for some values only. */
const DEFAULT_TRANSFORMER = initTRPC.create({ allowOutsideOfServer: true })._config.transformer;

/** Runs the calls of a request and writes what the stock handler would write. Never rejects. */
export function createAnswer<Router extends AnyRouter>(
  options: FastLaneOptions<Router>,
  statics: readonly string[],
): (request: LaneRequest) => Promise<void> {
  const { createContext, responseMeta, onError } = options;
  const config = options.router._def._config;
  const isPlain = config.transformer === DEFAULT_TRANSFORMER;
  const { runOne, runBatch } = createRunner(options);
  type Ctx = inferRouterContext<Router> | undefined;

  const toEnvelope = ({ type, paths, inputs }: LaneRequest, index: number, ctx: Ctx, outcome: Outcome): Envelope => {
    const { error, data } = outcome;
    // What a transformer makes of data must not depend on how it came.
    if (!error) return { result: { data: !isPlain && data instanceof JsonText ? data.toJSON() : data } };
    return { error: getTRPCErrorShape({ config, error, type, path: paths[index], input: inputs.known(index), ctx }) };
  };

  const toStatus = (
    request: LaneRequest,
    info: RequestInfo,
    ctx: Ctx,
    data: Envelope[],
    errors: TRPCError[],
  ): number => {
    const status = errors.length > 0 ? getHTTPStatusCode(data) : 200;
    const { paths, type } = request;
    const meta = responseMeta?.({ ctx, info, paths, data, errors, eagerGeneration: false, type });
    if (meta?.headers) addHeaders(request, meta.headers);
    return meta?.status || status;
  };

  const write = (envelope: Envelope | readonly Envelope[]): string =>
    JSON.stringify(isPlain ? envelope : transformTRPCResponse(config, envelope as Envelope));

  const answerOne = (request: LaneRequest, info: RequestInfo, ctx: Ctx, outcome: Outcome): Answer => {
    if (isStream(outcome.data)) throw streamRefused();
    const envelope = toEnvelope(request, 0, ctx, outcome);
    const status = toStatus(request, info, ctx, [envelope], outcome.error ? [outcome.error] : []);
    return { body: textOf(envelope) ?? write(envelope), status: checkStatus(status) };
  };

  const answerBatch = (request: LaneRequest, info: RequestInfo, ctx: Ctx, outcomes: readonly Outcome[]): Answer => {
    const errors: TRPCError[] = [];
    let hasText = false;
    const envelopes = outcomes.map((outcome, index) => {
      const carried = isStream(outcome.data) ? { error: streamRefused() } : outcome;
      if (carried.error) errors.push(carried.error);
      else hasText ||= carried.data instanceof JsonText;
      return toEnvelope(request, index, ctx, carried);
    });
    const status = toStatus(request, info, ctx, envelopes, errors);
    const body = hasText
      ? `[${envelopes.map((envelope) => textOf(envelope) ?? write(envelope)).join(",")}]`
      : write(envelopes);
    return { body, status: checkStatus(status) };
  };

  /** The answer could not be made: a stream, what cannot be serialised, an error formatter or `responseMeta` that threw. */
  const answerFailure = (request: LaneRequest, info: RequestInfo, ctx: Ctx, cause: unknown): Answer => {
    const error = getTRPCErrorFromUnknown(cause);
    const { type, req } = request;
    onError?.({ error, path: undefined, input: undefined, ctx, type, req });
    const envelope: Envelope = {
      error: getTRPCErrorShape({ config, error, type, path: undefined, input: undefined, ctx }),
    };
    const body = write(envelope);
    return { body, status: checkStatus(toStatus(request, info, ctx, [envelope], [error])) };
  };

  /** Not even that could be made or written: what the stock handler does then. */
  const failPlainly = ({ req, res }: LaneRequest, cause: unknown): void => {
    try {
      const asked = { ...options, req, res, path: "" } as unknown as Parameters<typeof describeFailure>[0];
      describeFailure(asked)(cause);
    } catch (thrown) {
      // The error formatter or `onError` threw again: nobody is left who could be told. With the stock handler the process ends here.
      process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
      if (res.headersSent) res.destroy();
      else res.writeHead(500, ["content-length", "0"]).end();
    }
  };

  return async (request) => {
    const info = new RequestInfo(request);
    let ctx: Ctx;
    let refusal: TRPCError | undefined;
    try {
      const { req, res } = request;
      const made = createContext?.({
        req,
        res,
        info,
        direct: { setHeader: (name, value) => setHeader(request, name, value) },
      });
      ctx = isPromise(made) ? await made : made;
    } catch (cause) {
      // Each call then fails with it, as if it had thrown itself.
      refusal = getTRPCErrorFromUnknown(cause);
    }
    try {
      let answer: Answer;
      try {
        answer = request.isBatch
          ? answerBatch(request, info, ctx, await runBatch(request, ctx, refusal))
          : answerOne(request, info, ctx, await runOne(request, ctx, refusal));
      } catch (cause) {
        answer = answerFailure(request, info, ctx, cause);
      }
      respond(request, statics, answer);
    } catch (cause) {
      failPlainly(request, cause);
    }
  };
}

/** An envelope around JSON that was there before. */
function textOf(envelope: Envelope): string | undefined {
  if (!("result" in envelope)) return undefined;
  const { data } = envelope.result as { readonly data?: unknown };
  return data instanceof JsonText ? `{"result":{"data":${data.text}}}` : undefined;
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

function streamRefused(): TRPCError {
  return new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink",
  });
}
