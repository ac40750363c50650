import { expect, test } from "vitest";
import { inputPaths } from "./input-paths.ts";

test("the paths of a schema are its values, through objects, lists and references", () => {
  const schema = {
    type: "object",
    properties: {
      user: { $ref: "#/$defs/user" },
      items: { type: "array", items: { type: "object", properties: { sku: { type: "string" } } } },
      "a b": { anyOf: [{ type: "number" }, { type: "null" }] },
      meta: {},
    },
    $defs: { user: { type: "object", properties: { id: { type: "integer" }, boss: { $ref: "#/$defs/user" } } } },
  };
  const paths = inputPaths(schema);
  expect(paths).toEqual(expect.arrayContaining(["input.user.id", "input.items.sku", 'input["a b"]', "input.meta"]));
  expect(paths.length).toBeLessThan(20);
});
