import { chainMiddleware } from "../middleware/run-chain.ts";
import { t } from "./init.ts";

/**
 * The builder of every procedure: declare `.meta()` and `.output()`, or a test fails. Rights, limits, statistics and the
 * audit row come from the chain; `ctx.principal` is set on everything that is not public.
 */
export const procedure = t.procedure.use(chainMiddleware);
