import { JsonText } from "@switchboard/trpc-fast-lane";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { listProcedures, toOpenApi } from "../http/openapi.ts";
import { router, t } from "./init.ts";
import { orJsonText, parseAtOnce } from "./json-text.ts";
import { procedure } from "./procedures.ts";
import { createTestContext } from "./test-context.ts";

const schema = z.object({ name: z.string(), times: z.array(z.number()).default([]) }).meta({ title: "Thing" });
const meta = { access: "public", limit: "public", description: "x" } as const;
const of = (answer: () => z.input<typeof schema> | JsonText) =>
  router({ get: procedure.meta(meta).output(orJsonText(schema)).query(answer) });
const call = (answer: Parameters<typeof of>[0]) => t.createCallerFactory(of(answer))(createTestContext().context).get();

describe("orJsonText", () => {
  it("hands a text on as it is", async () => {
    const text = new JsonText('{"anything":1}');
    expect(await call(() => text)).toBe(text);
  });

  it("checks and fills in whatever is no text", async () => {
    expect(await call(() => ({ name: "a", more: 1 }))).toEqual({ name: "a", times: [] });
    await expect(call(() => ({ name: 1 }) as never)).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
  });

  it("is the schema to clients and in OpenAPI", async () => {
    expectTypeOf(call(() => ({ name: "a" }))).resolves.toEqualTypeOf<z.output<typeof schema>>();
    const plain = router({
      get: procedure
        .meta(meta)
        .output(schema)
        .query(() => ({ name: "a" })),
    });
    const toText = (of: typeof plain): string => JSON.stringify(toOpenApi(listProcedures(of), "1"));
    expect(toText(of(() => ({ name: "a" })) as never)).toBe(toText(plain));
  });
});

describe("parseAtOnce", () => {
  it("leaves the schema as it was", async () => {
    const atOnce = parseAtOnce(schema);
    expect(atOnce).not.toBe(schema);
    expect(await atOnce.parseAsync({ name: "a" })).toEqual(await schema.parseAsync({ name: "a" }));
    await expect(atOnce.parseAsync({})).rejects.toBeInstanceOf(z.ZodError);
  });

  it("refuses what waits for something, with an error and not with a pass", async () => {
    const waiting = parseAtOnce(z.string().refine(async () => false));
    await expect(waiting.parseAsync("a")).rejects.toThrow();
  });
});
