import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import { doneSchema } from "../trpc/wire.ts";
import {
  keyCreateInput,
  keyCreateOutput,
  keyIdInput,
  keyPage,
  keyRotateInput,
  keysListInput,
  meSchema,
  rolesOutput,
  sessionIdInput,
  sessionPage,
  sessionsListInput,
  setupInput,
  setupOutput,
} from "./access.schema.ts";
import type { Access } from "./access.service.ts";

export function createAccessRouter(access: Access) {
  return router({
    me: procedure
      .meta({ access: "viewer", limit: "read", description: "Who you are and which procedures you may call." })
      .output(meSchema)
      .query(({ ctx }) => access.me(requirePrincipal(ctx.principal))),
    setup: procedure
      .meta({ access: "public", limit: "auth", description: "Makes the first owner with the one-time set-up link." })
      .input(setupInput)
      .output(setupOutput)
      .mutation(async ({ ctx, input }) => {
        const { userId } = await access.claim(input);
        ctx.note({
          targetType: "user",
          targetId: userId,
          after: { email: input.email, name: input.name, role: "owner" },
        });
        return { userId };
      }),
    roles: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "The roles, lowest first, and the procedures each may call.",
      })
      .output(rolesOutput)
      .query(() => access.roles()),
    sessions: createSessionsRouter(access),
    keys: createKeysRouter(access),
  });
}

function createSessionsRouter({ sessions }: Access) {
  return router({
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Your sessions; all people's for an admin. Newest first." })
      .input(sessionsListInput)
      .output(sessionPage)
      .query(({ ctx, input }) => sessions.list(requirePrincipal(ctx.principal), input)),
    revoke: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Ends a session of yours; anybody's of no higher rank for an admin.",
      })
      .input(sessionIdInput)
      .output(doneSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note(await sessions.revoke(requirePrincipal(ctx.principal), input.id));
        return { done: true };
      }),
  });
}

function createKeysRouter({ keys }: Access) {
  return router({
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Your API keys; all people's for an admin. Newest first." })
      .input(keysListInput)
      .output(keyPage)
      .query(({ ctx, input }) => keys.list(requirePrincipal(ctx.principal), input)),
    create: procedure
      .meta({ access: "operator", limit: "write", description: "Makes an API key of yours; the key is shown once." })
      .input(keyCreateInput)
      .output(keyCreateOutput)
      .mutation(async ({ ctx, input }) => {
        const made = await keys.create(requirePrincipal(ctx.principal), input);
        ctx.note({ targetType: "key", targetId: made.id, after: made.item });
        return made;
      }),
    rotate: procedure
      .meta({ access: "operator", limit: "write", description: "Gives an API key of yours a new secret, shown once." })
      .input(keyRotateInput)
      .output(keyCreateOutput)
      .mutation(async ({ ctx, input }) => {
        const made = await keys.rotate(requirePrincipal(ctx.principal), input);
        ctx.note({ targetType: "key", targetId: made.id, after: made.item });
        return made;
      }),
    revoke: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Ends an API key of yours; anybody's of no higher rank for an admin.",
      })
      .input(keyIdInput)
      .output(doneSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note(await keys.revoke(requirePrincipal(ctx.principal), input.id));
        return { done: true };
      }),
  });
}
