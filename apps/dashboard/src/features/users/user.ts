import { type MessageKey, type Translate } from "../../lib/i18n/i18n.tsx";
import { rankOf } from "../../lib/roles.ts";
import type { Me } from "../../lib/session.tsx";
import type { Outputs } from "../../lib/trpc.ts";

export type User = Outputs["users"]["list"]["items"][number];
export type UserAct = "edit" | "role" | "suspend" | "restore" | "delete" | "resetFactors";

export const actRights: Readonly<Record<UserAct, string>> = {
  edit: "users.update",
  role: "users.setRole",
  suspend: "users.suspend",
  restore: "users.restore",
  delete: "users.delete",
  resetFactors: "access.resetFactors",
};

/** Nobody does these to themselves: a slip would lock them out. */
const NOT_YOURSELF = ["role", "suspend", "delete", "resetFactors"] as const;

/** What the server would answer to an act on this person, when that is known beforehand. */
export function refusalOf(act: UserAct, user: Pick<User, "id" | "role">, me: Me, t: Translate): string | undefined {
  if (rankOf(user.role) > rankOf(me.user.role)) return t("users.off.rank", { role: t(`role.${user.role}`) });
  const self = NOT_YOURSELF.find((each) => each === act);
  if (self && user.id === me.user.id) return t(`users.off.self.${self}` satisfies MessageKey);
  return undefined;
}
