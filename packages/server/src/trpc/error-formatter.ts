import type { TRPCError } from "@trpc/server";
import { z, type ZodError } from "zod";
import { findAppError } from "../platform/errors.ts";

/** What `error.data.app` holds: the part of an error that callers may build on. */
export interface AppErrorData {
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}

const ISSUES_MAX = 50;

/**
 * The one place where an error turns into what a caller sees. A refusal shows its public message; input that does not fit
 * shows the paths of its fields; anything else is `INTERNAL` with the request's id and nothing of its own text.
 */
export function describeError(error: TRPCError, requestId: string): { message: string; app: AppErrorData } {
  const app = findAppError(error);
  if (app) {
    return {
      message: app.publicMessage,
      app: {
        code: app.code,
        ...(app.details ? { details: app.details } : {}),
        ...(app.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(app.retryAfterMs) }),
      },
    };
  }
  if (error.code === "BAD_REQUEST" && isZodError(error.cause)) return describeIssues(error.cause);
  const own = OWN_REFUSALS[error.code];
  if (own) return { message: own, app: { code: error.code } };
  return {
    message: `Something went wrong on the server. Quote request ${requestId} when you report it.`,
    app: { code: "INTERNAL" },
  };
}

/** Refusals that tRPC raises by itself, before a procedure of ours runs. */
const OWN_REFUSALS: Readonly<Record<string, string>> = {
  NOT_FOUND: "There is no such procedure.",
  BAD_REQUEST: "The request could not be read: check the URL, the JSON and the size of the batch.",
  PARSE_ERROR: "The request could not be read: it is not valid JSON.",
  METHOD_NOT_SUPPORTED: "Queries are asked with GET, mutations with POST.",
  UNSUPPORTED_MEDIA_TYPE: "Send the body as application/json.",
  PAYLOAD_TOO_LARGE: "The body is larger than 1 MiB.",
  CLIENT_CLOSED_REQUEST: "The caller went away before the answer.",
};

export function isZodError(value: unknown): value is ZodError {
  return value instanceof z.core.$ZodError;
}

function describeIssues(error: ZodError): { message: string; app: AppErrorData } {
  const issues = error.issues.flatMap((issue) => toFieldIssues(issue));
  const first = issues[0];
  const where = first && first.path.length > 0 ? `${first.path.join(".")}: ` : "";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return {
    message: `The input does not fit. ${where}${first?.message ?? ""}${more}`,
    app: { code: "INPUT_INVALID", details: { issues: issues.slice(0, ISSUES_MAX), count: issues.length } },
  };
}

type Issue = ZodError["issues"][number];

/** An issue of a union says only that no branch fits: its fields stand in the branches, of which those that came closest count. */
function toFieldIssues(issue: Issue, parents: readonly string[] = []): { path: string[]; message: string }[] {
  const path = [...parents, ...issue.path.map(String)];
  const branches = issue.code === "invalid_union" ? issue.errors : [];
  const deepest = Math.max(0, ...branches.map(depthOf));
  if (deepest === 0) return [{ path, message: issue.message }];
  const closest = branches.filter((branch) => depthOf(branch) === deepest);
  return closest.flatMap((branch) => branch.flatMap((inner) => toFieldIssues(inner, path)));
}

const depthOf = (branch: readonly { readonly path: readonly PropertyKey[] }[]): number =>
  Math.max(0, ...branch.map(({ path }) => path.length));
