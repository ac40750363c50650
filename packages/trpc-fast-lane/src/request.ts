import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyProcedure } from "@trpc/server";
import { createURL } from "@trpc/server/adapters/node-http";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { Inputs } from "./inputs.ts";

type ProcedureType = AnyProcedure["_def"]["type"];

/** A request that the lane serves by itself. */
export interface LaneRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly type: ProcedureType;
  readonly isBatch: boolean;
  readonly paths: readonly string[];
  readonly procedures: readonly AnyProcedure[];
  readonly inputs: Inputs;
  /** Aborts when the caller goes away, and once the answer is out. Undefined where calls are given none. */
  readonly signal: AbortSignal | undefined;
  /** What `direct.setHeader` was given: names and values in turns. */
  readonly added: string[];
  /** Made when `responseMeta` first has headers to say. Both sayings count when the first answer could not be made. */
  metaHeaders: Headers | undefined;
}

/** As long as there is one reason for all, an answer does not pay for the stack of an error nobody reads. */
const ANSWERED = new DOMException("This operation was aborted", "AbortError");

/** Aborts at the end of the response, as the signal of the stock handler does: what a call left running then stops. */
export function watchCaller(res: ServerResponse): AbortSignal {
  const left = new AbortController();
  res.on("close", () => left.abort(res.writableFinished ? ANSWERED : undefined));
  if (res.destroyed) left.abort();
  return left.signal;
}

/** What `createContext` and `responseMeta` are told. Its costly parts are made when somebody looks at them. */
export class RequestInfo implements TRPCRequestInfo {
  readonly accept = null;
  readonly connectionParams = null;
  readonly type: ProcedureType;
  readonly isBatchCall: boolean;
  readonly #request: LaneRequest;
  #signal: AbortSignal | undefined;
  #url: URL | undefined;
  #calls: TRPCRequestInfo["calls"] | undefined;

  constructor(request: LaneRequest) {
    this.#request = request;
    this.type = request.type;
    this.isBatchCall = request.isBatch;
    this.#signal = request.signal;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= watchCaller(this.#request.res));
  }

  get url(): URL {
    return (this.#url ??= createURL(this.#request.req));
  }

  get calls(): TRPCRequestInfo["calls"] {
    const { paths, procedures, inputs } = this.#request;
    return (this.#calls ??= paths.map((path, batchIndex) => ({
      path,
      batchIndex,
      procedure: procedures[batchIndex] ?? null,
      getRawInput: async () => inputs.read(batchIndex),
      result: () => inputs.known(batchIndex),
    })));
  }
}
