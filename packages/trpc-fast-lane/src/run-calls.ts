import { getTRPCErrorFromUnknown, type AnyRouter, type inferRouterContext, type TRPCError } from "@trpc/server";
import type { FastLaneOptions } from "./fast-lane.ts";
import type { LaneRequest } from "./request.ts";

type Procedure = (call: object) => Promise<unknown>;

/** How a call ended. */
export type Outcome =
  | { readonly data: unknown; readonly error?: undefined }
  | { readonly error: TRPCError; readonly data?: undefined };

/** Why no call of a request can run. */
type Refusal = TRPCError | undefined;

/** Runs the calls of a request, each beginning in the same turn. Both reject only when `onError` throws. */
export function createRunner<Router extends AnyRouter>({ onError }: FastLaneOptions<Router>) {
  type Ctx = inferRouterContext<Router> | undefined;

  const runCall = (request: LaneRequest, batchIndex: number, ctx: Ctx): Promise<unknown> => {
    const { type, paths, procedures, inputs, signal } = request;
    const getRawInput = async (): Promise<unknown> => inputs.read(batchIndex);
    const run = procedures[batchIndex] as unknown as Procedure;
    return run({ path: paths[batchIndex], getRawInput, ctx, type, signal, batchIndex });
  };

  const toFailure = (request: LaneRequest, index: number, ctx: Ctx, cause: unknown): Outcome => {
    const { req, type, paths, inputs } = request;
    const error = getTRPCErrorFromUnknown(cause);
    onError?.({ error, path: paths[index], input: inputs.known(index), ctx, type, req });
    return { error };
  };

  const runOne = async (request: LaneRequest, ctx: Ctx, refusal: Refusal): Promise<Outcome> => {
    try {
      if (refusal) throw refusal;
      return { data: await runCall(request, 0, ctx) };
    } catch (cause) {
      return toFailure(request, 0, ctx, cause);
    }
  };

  /** One promise for all, not one more for each call. */
  const runBatch = (request: LaneRequest, ctx: Ctx, refusal: Refusal): Promise<readonly Outcome[]> =>
    new Promise((resolve, reject) => {
      const { paths } = request;
      if (refusal) {
        resolve(paths.map((_, index) => toFailure(request, index, ctx, refusal)));
        return;
      }
      let left = paths.length;
      const outcomes = Array.from<Outcome>({ length: left });
      const settle = (index: number, outcome: Outcome): void => {
        outcomes[index] = outcome;
        left -= 1;
        if (left === 0) resolve(outcomes);
      };
      for (let index = 0; index < outcomes.length; index += 1) {
        runCall(request, index, ctx).then(
          (data) => settle(index, { data }),
          (cause: unknown) => {
            try {
              settle(index, toFailure(request, index, ctx, cause));
            } catch (thrown) {
              reject(thrown);
            }
          },
        );
      }
    });

  return { runOne, runBatch };
}
