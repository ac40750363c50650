import { z } from "zod";
import type { AnyRouter } from "@trpc/server";
import type { Call } from "../middleware/chain.ts";

/** A procedure as the server lists it: its call and its schemas. */
export interface CatalogEntry extends Call {
  readonly input: z.ZodType | undefined;
  readonly output: z.ZodType | undefined;
}

interface ProcedureDefinition {
  readonly type: Call["type"];
  readonly meta?: Call["meta"];
  readonly inputs: readonly unknown[];
  readonly output?: unknown;
}

/** Every procedure of a router in the order of its paths. Raises an Error that names each one without `meta` or `.output()`. */
export function listProcedures(router: AnyRouter): CatalogEntry[] {
  const procedures: Record<string, { _def: ProcedureDefinition }> = router._def.procedures as never;
  const missing: string[] = [];
  const entries = Object.entries(procedures).flatMap(([path, { _def: definition }]): CatalogEntry[] => {
    const { type, meta, inputs, output } = definition;
    if (!meta?.access || !meta.limit || !meta.description) missing.push(`${path}: meta`);
    // The values of a subscription are checked one by one where they are made; tRPC has no `.output()` for them.
    if (!(output instanceof z.ZodType) && type !== "subscription") missing.push(`${path}: .output()`);
    if (!meta) return [];
    const input = inputs.at(-1);
    return [
      {
        path,
        type,
        meta,
        input: input instanceof z.ZodType ? input : undefined,
        output: output instanceof z.ZodType ? output : undefined,
      },
    ];
  });
  if (missing.length > 0) throw new Error(`Procedures that do not declare what they must: ${missing.join(", ")}`);
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function toSchema(schema: z.ZodType | undefined, io: "input" | "output"): Record<string, unknown> {
  if (!schema) return {};
  const { definitions: _recursive, ...own } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "openapi-3.0",
  });
  // Only a schema that holds itself is referred to, which is what any JSON is. Its definition would stand where no reference
  // of the whole document finds it; an empty schema says the same.
  return JSON.parse(JSON.stringify(own), (_key, value: unknown) => (isReference(value) ? {} : value)) as typeof own;
}

const isReference = (value: unknown): boolean => typeof value === "object" && value !== null && "$ref" in value;

const errorResponse = { $ref: "#/components/responses/Error" };

/** The OpenAPI 3.0 document of the procedures, each under its path below `/trpc/`. */
export function toOpenApi(entries: readonly CatalogEntry[], version: string): Record<string, unknown> {
  return {
    openapi: "3.0.3",
    info: {
      title: "Switchboard",
      version,
      description:
        "Queries are GET with `input` as URL-encoded JSON; mutations are POST with the input as JSON body. Answers are `{ result: { data } }`, errors `{ error: { message, code, data } }`.",
    },
    paths: Object.fromEntries(entries.map((entry) => [`/trpc/${entry.path}`, toPathItem(entry)])),
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key." },
        session: { type: "apiKey", in: "cookie", name: "switchboard.session" },
      },
      responses: {
        Error: { description: "Refused or failed.", content: { "application/json": { schema: errorSchema } } },
      },
    },
    security: [{ key: [] }, { session: [] }],
  };
}

function toPathItem(entry: CatalogEntry): Record<string, unknown> {
  const { meta, path, type } = entry;
  const schema = toSchema(entry.input, "input");
  const takesInput = entry.input !== undefined;
  const query = takesInput
    ? { parameters: [{ name: "input", in: "query", content: { "application/json": { schema } } }] }
    : {};
  const body = takesInput ? { requestBody: { content: { "application/json": { schema } } } } : {};
  const data = toSchema(entry.output, "output");
  const operation = {
    operationId: path,
    summary: meta.description,
    tags: [path.split(".")[0]],
    ...(type === "mutation" ? body : query),
    ...(meta.access === "public" ? { security: [] } : {}),
    "x-access": meta.access,
    "x-limit": meta.limit,
    ...(meta.stepUp ? { "x-step-up": meta.stepUp } : {}),
    responses: {
      200: type === "subscription" ? { description: "A stream of server-sent events." } : toAnswer(data),
      default: errorResponse,
    },
  };
  return { [type === "mutation" ? "post" : "get"]: operation };
}

const toAnswer = (data: Record<string, unknown>): Record<string, unknown> => ({
  description: "Answered.",
  content: {
    "application/json": {
      schema: { type: "object", properties: { result: { type: "object", properties: { data } } } },
    },
  },
});

const errorSchema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        message: { type: "string" },
        code: { type: "integer" },
        data: {
          type: "object",
          properties: {
            code: { type: "string" },
            httpStatus: { type: "integer" },
            requestId: { type: "string" },
            app: {
              type: "object",
              properties: { code: { type: "string" }, details: { type: "object" }, retryAfterMs: { type: "number" } },
            },
          },
        },
      },
    },
  },
};
