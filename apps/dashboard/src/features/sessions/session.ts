import { rankOf } from "../../lib/roles.ts";
import type { Me } from "../../lib/session.tsx";
import type { Inputs, Outputs } from "../../lib/trpc.ts";

export type Session = Outputs["access"]["sessions"]["list"]["items"][number];
export type SessionsFilter = Pick<NonNullable<Inputs["access"]["sessions"]["list"]>, "search" | "userId" | "idleDays">;

/** Whether the server shows what belongs to others; everybody else sees their own. */
export function seesAll({ user }: Me): boolean {
  return rankOf(user.role) >= rankOf("admin");
}
