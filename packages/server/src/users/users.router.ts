import { router } from "../trpc/init.ts";
import { orJsonText, parseAtOnce } from "../trpc/json-text.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import { doneSchema } from "../trpc/wire.ts";
import {
  bulkCreateInput,
  bulkCreateOutput,
  deletedUserPage,
  deletedUsersInput,
  exportInput,
  exportOutput,
  userCreateInput,
  userDeleteInput,
  userIdInput,
  userImpactSchema,
  userPage,
  userSchema,
  userSetRoleInput,
  usersListInput,
  userSuspendInput,
  userUpdateInput,
} from "./users.schema.ts";
import type { Users } from "./users.service.ts";
import { createImportProcedure, createImportsRouter } from "./imports/imports.router.ts";
import type { UserImports } from "./imports/imports.service.ts";

export function createUsersRouter(users: Users, imports: UserImports) {
  return router({
    import: createImportProcedure(imports),
    imports: createImportsRouter(imports),
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "People, newest first; by search, role and status." })
      .input(parseAtOnce(usersListInput))
      .output(orJsonText(userPage))
      .query(({ ctx, input }) => (ctx.carriesJsonText ? users.listJson(input) : users.list(input))),
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "One person." })
      .input(parseAtOnce(userIdInput))
      .output(parseAtOnce(userSchema))
      .query(({ input }) => users.get(input.id)),
    export: procedure
      .meta({ access: "viewer", limit: "bulk", description: "People as CSV or NDJSON, in chunks of 5,000." })
      .input(exportInput)
      .output(exportOutput)
      .query(({ input }) => users.export(input)),
    impact: procedure
      .meta({ access: "admin", limit: "read", description: "What ends when a person is suspended or deleted." })
      .input(userIdInput)
      .output(userImpactSchema)
      .query(({ input }) => users.impact(input.id)),
    deleted: procedure
      .meta({ access: "admin", limit: "read", description: "People deleted within 7 days, who can be brought back." })
      .input(deletedUsersInput)
      .output(deletedUserPage)
      .query(({ input }) => users.deleted(input)),
    create: procedure
      .meta({ access: "admin", limit: "write", description: "Creates a person of a role no higher than yours." })
      .input(userCreateInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        const { email, name, role } = input;
        ctx.note({ targetType: "user", after: { email, name, role } });
        const user = await users.create(requirePrincipal(ctx.principal), input);
        ctx.note({ targetId: user.id });
        return user;
      }),
    bulkCreate: procedure
      .meta({ access: "admin", limit: "bulk", description: "Creates up to 10,000 people: all of them, or none." })
      .input(parseAtOnce(bulkCreateInput))
      .output(parseAtOnce(bulkCreateOutput))
      .mutation(async ({ ctx, input }) => {
        const made = await users.bulkCreate(requirePrincipal(ctx.principal), input);
        ctx.note({ targetType: "user", after: { created: made.created } });
        return made;
      }),
    update: procedure
      .meta({
        access: "admin",
        limit: "write",
        description: "Changes a person's address, name or password. A new password ends their sessions and keys.",
        stepUp: "byInput",
      })
      .input(userUpdateInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        const { user, note } = await users.update(requirePrincipal(ctx.principal), input);
        ctx.note(note);
        return user;
      }),
    setRole: procedure
      .meta({
        access: "admin",
        limit: "write",
        description: "Gives a person another role, no higher than yours. Their sessions and keys end.",
        stepUp: true,
      })
      .input(userSetRoleInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        const { user, note } = await users.setRole(requirePrincipal(ctx.principal), input);
        ctx.note(note);
        return user;
      }),
    suspend: procedure
      .meta({ access: "admin", limit: "write", description: "Suspends a person: sessions end, keys are refused." })
      .input(userSuspendInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        const { user, note } = await users.suspend(requirePrincipal(ctx.principal), input.id, input.reason);
        ctx.note(note);
        return user;
      }),
    restore: procedure
      .meta({ access: "admin", limit: "write", description: "Lets a suspended person in again." })
      .input(userIdInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        const { user, note } = await users.restore(requirePrincipal(ctx.principal), input.id);
        ctx.note(note);
        return user;
      }),
    delete: procedure
      .meta({
        access: "admin",
        limit: "write",
        description: "Deletes a person with their sessions and keys. They can be brought back for 7 days.",
        stepUp: true,
      })
      .input(userDeleteInput)
      .output(doneSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        ctx.note(await users.delete(requirePrincipal(ctx.principal), input.id, input.reason));
        return { done: true };
      }),
    undelete: procedure
      .meta({
        access: "admin",
        limit: "write",
        description: "Brings a deleted person back, with password, second factors and keys.",
      })
      .input(userIdInput)
      .output(userSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.id });
        const { user, note } = await users.undelete(requirePrincipal(ctx.principal), input.id);
        ctx.note(note);
        return user;
      }),
  });
}
