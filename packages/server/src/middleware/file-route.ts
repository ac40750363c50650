import type { z } from "zod";
import type { AuditNote, Principal } from "../trpc/context.ts";

/** What a request may carry as its body. A media type that forms can post is never among them. */
export interface Accepted {
  readonly mediaType: "application/json" | "text/csv";
  readonly maxBytes: number;
}

/** What the handler of a file route sees of its request. */
export interface FileCall<Input> {
  readonly principal: Principal;
  /** Query and path parameters, checked. */
  readonly input: Input;
  /** The body as it arrives. Fails with 413 `BODY_TOO_LARGE` once it is longer than the route takes. Empty for GET. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborts when the caller leaves, the deadline passes or the right is lost. */
  readonly signal: AbortSignal;
  /** Adds to the audit row, until the stream ends. */
  readonly note: (note: AuditNote) => void;
}

export type FileAnswer =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown }
  | {
      readonly kind: "download";
      readonly mediaType: string;
      /** Letters, digits, `.`, `_` and `-` only. */
      readonly fileName: string;
      readonly chunks: AsyncIterable<string | Uint8Array>;
    };

/** A transfer that is too large for a procedure: a file that comes in or goes out as a stream, under the right of a procedure. */
export interface FileRoute<Input = unknown> {
  readonly method: "GET" | "POST";
  /** As Fastify writes paths: `/api/users/imports/:id/problems.csv`. */
  readonly url: string;
  /** The procedure whose right and limits hold. */
  readonly procedure: string;
  /** Its name in log, statistics and audit log. Left out: that of the procedure, and no audit row. */
  readonly action?: string;
  /** Milliseconds it may take in all. */
  readonly deadlineMs: number;
  /** What a POST carries. */
  readonly body?: Accepted;
  /** Of `{ ...query, ...path parameters }`: strings all of them. */
  readonly input: z.ZodType<Input>;
  handle(call: FileCall<Input>): Promise<FileAnswer>;
}

/** Keeps the type of the input between `input` and `handle`. */
export function defineFileRoute<Input>(route: FileRoute<Input>): FileRoute {
  return route;
}
