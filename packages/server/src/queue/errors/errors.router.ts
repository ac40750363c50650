import { router } from "../../trpc/init.ts";
import { procedure } from "../../trpc/procedures.ts";
import { errorGetInput, errorGroupSchema, errorsListInput, errorsPage } from "./errors.schema.ts";
import type { JobErrors } from "./errors.service.ts";

export function createErrorsRouter(errors: JobErrors) {
  return router({
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Lists failures that look alike, as one group each." })
      .input(errorsListInput.prefault({}))
      .output(errorsPage)
      .query(({ input }) => errors.list(input)),
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "Shows one group of failures." })
      .input(errorGetInput)
      .output(errorGroupSchema)
      .query(({ input }) => errors.get(input.fingerprint)),
  });
}
