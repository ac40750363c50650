import type { Access } from "./access/access.service.ts";
import { idSchema } from "./trpc/wire.ts";
import type { Users } from "./users/users.service.ts";

export interface CallersDeps {
  readonly users: Pick<Users, "emailsOf">;
  readonly keys: Pick<Access["keys"], "namesOf">;
}

/** What people know callers by: `user:<id>` to an e-mail address, `key:<id>` to its name. Whom nobody knows is left out. */
export async function describeCallers(
  callers: readonly string[],
  { users, keys }: CallersDeps,
): Promise<ReadonlyMap<string, string>> {
  const [emails, names] = await Promise.all([
    describe(callers, "user:", (ids) => users.emailsOf(ids)),
    describe(callers, "key:", (ids) => keys.namesOf(ids)),
  ]);
  return new Map([...emails, ...names]);
}

async function describe(
  callers: readonly string[],
  prefix: string,
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<[caller: string, label: string][]> {
  const ids = callers
    .filter((caller) => caller.startsWith(prefix))
    .map((caller) => caller.slice(prefix.length))
    // A rate that counts something else under such a name is no reason to show no list at all.
    .filter((id) => idSchema.safeParse(id).success);
  if (ids.length === 0) return [];
  return [...(await read(ids))].map(([id, label]) => [prefix + id, label]);
}
