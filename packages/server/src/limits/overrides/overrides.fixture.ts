import type { Principal } from "../../trpc/context.ts";
import { operator, READ, type Process } from "../changes/changes.fixture.ts";
import { limitOverrideDeleteInput, limitOverrideSetInput, type LimitOverride } from "./overrides.schema.ts";

export const CALLER = "user:01890a5d-ac96-774b-bcce-b302099a8057";
export const OTHER = "key:01890a5d-ac96-774b-bcce-b302099a8058";

export const set = async ({ limits }: Process, input: object, by: Principal = operator) =>
  limits.overrides.set(by, limitOverrideSetInput.parse({ name: READ, caller: CALLER, ...input }));
export const end = ({ limits }: Process, input: object = {}) =>
  limits.overrides.delete(operator, limitOverrideDeleteInput.parse({ name: READ, caller: CALLER, ...input }));
export const overridesOf = async ({ limits }: Process, name = READ): Promise<LimitOverride[]> =>
  (await limits.get(name)).overrides;
export const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "none",
    (error: { code?: string }) => error.code,
  );
