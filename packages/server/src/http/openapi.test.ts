import { expect, test } from "vitest";
import { z } from "zod";
import { router, t } from "../trpc/init.ts";
import { listProcedures, toOpenApi } from "./openapi.ts";

const meta = { access: "viewer", limit: "read", description: "Says something." } as const;
const output = z.object({ text: z.string() });
const speak = t.procedure
  .meta(meta)
  .output(output)
  .query(() => ({ text: "hello" }));

test("procedures are listed by path, with what they declare", () => {
  const change = t.procedure
    .meta({ ...meta, access: "admin", limit: "write" })
    .input(z.object({ text: z.string() }))
    .output(output)
    .mutation(({ input }) => input);
  const entries = listProcedures(router({ voice: router({ speak, change }) }));
  expect(entries.map(({ path, type, meta: { access } }) => [path, type, access])).toEqual([
    ["voice.change", "mutation", "admin"],
    ["voice.speak", "query", "viewer"],
  ]);
});

test("a router with procedures that do not declare what they must is refused, and each is named", () => {
  const broken = router({
    speak,
    bare: t.procedure.query(() => "nothing declared"),
    deep: router({ noMeta: t.procedure.output(output).query(() => ({ text: "" })) }),
    noOutput: t.procedure.meta(meta).mutation(() => "anything"),
    // As a cast or plain JavaScript could leave it: the right is missing, the rest is there.
    noAccess: t.procedure
      .meta({ ...meta, access: undefined as never })
      .output(output)
      .query(() => ({ text: "" })),
    noDescription: t.procedure
      .meta({ ...meta, description: "" })
      .output(output)
      .query(() => ({ text: "" })),
    watch: t.procedure.meta(meta).subscription(async function* () {
      yield "values are checked where they are made";
    }),
  });
  const refusal = (() => {
    try {
      listProcedures(broken);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  })();
  for (const missing of [
    "bare: meta",
    "bare: .output()",
    "deep.noMeta: meta",
    "noOutput: .output()",
    "noAccess: meta",
    "noDescription: meta",
  ]) {
    expect(refusal).toContain(missing);
  }
  expect(refusal).not.toMatch(/speak|watch|noOutput: meta|noMeta: \.output/);
});

test("a schema that holds itself is described without a reference out of the document", () => {
  const store = t.procedure
    .meta(meta)
    .input(z.object({ value: z.json() }))
    .output(output)
    .mutation(() => ({ text: "" }));
  const document = toOpenApi(listProcedures(router({ store })), "1.0.0");
  expect(JSON.stringify(document)).not.toContain("#/definitions/");
  expect(document).toHaveProperty(
    ["paths", "/trpc/store", "post", "requestBody", "content", "application/json", "schema"],
    {
      type: "object",
      properties: { value: {} },
      required: ["value"],
    },
  );
});

test("what asks for a step-up says so", () => {
  const erase = t.procedure
    .meta({ ...meta, stepUp: true })
    .output(output)
    .mutation(() => ({ text: "gone" }));
  const { paths } = toOpenApi(listProcedures(router({ speak, erase })), "1.0.0") as {
    paths: Record<string, Record<string, object>>;
  };
  expect(paths["/trpc/erase"]?.["post"]).toMatchObject({ "x-step-up": true });
  expect(paths["/trpc/speak"]?.["get"]).not.toHaveProperty("x-step-up");
});
