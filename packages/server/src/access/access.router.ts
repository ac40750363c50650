import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import { doneSchema } from "../trpc/wire.ts";
import {
  keyCallers,
  keyCreateInput,
  keyCreateOutput,
  keyIdInput,
  keyPage,
  keyRotateInput,
  keySchema,
  keysListInput,
  keyUpdateInput,
  meSchema,
  policyOutput,
  resetFactorsInput,
  rolesOutput,
  sessionIdInput,
  sessionPage,
  sessionsListInput,
  sessionsPreview,
  sessionsPreviewInput,
  sessionsRevokeAllInput,
  sessionsRevoked,
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
    policy: procedure
      .meta({ access: "viewer", limit: "read", description: "The rules of signing in that hold on this server." })
      .output(policyOutput)
      .query(() => access.policy()),
    resetFactors: procedure
      .meta({
        access: "admin",
        limit: "write",
        description: "Removes a person's two-factor and passkeys, for who lost them, and ends their sessions.",
        stepUp: true,
      })
      .input(resetFactorsInput)
      .output(doneSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "user", targetId: input.userId });
        ctx.note(await access.factors.reset(requirePrincipal(ctx.principal), input));
        return { done: true };
      }),
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
    preview: procedure
      .meta({ access: "operator", limit: "read", description: "What `revokeAll` with the same filter would end." })
      .input(sessionsPreviewInput)
      .output(sessionsPreview)
      .query(({ ctx, input }) => sessions.preview(requirePrincipal(ctx.principal), input)),
    revokeAll: procedure
      .meta({
        access: "operator",
        limit: "bulk",
        description: "Ends all of your sessions that match; for an admin those of all people of no higher rank.",
        stepUp: true,
      })
      .input(sessionsRevokeAllInput)
      .output(sessionsRevoked)
      .mutation(async ({ ctx, input }) => {
        const { note, ...ended } = await sessions.revokeAll(requirePrincipal(ctx.principal), input);
        ctx.note(note);
        return ended;
      }),
  });
}

/**
 * Whoever makes a secret is looked up afresh: a caller who was signed out elsewhere a second ago would otherwise leave with a key
 * that outlives the session.
 */
function createKeysRouter({ keys }: Access) {
  return router({
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Your API keys; all people's for an admin. Newest first." })
      .input(keysListInput)
      .output(keyPage)
      .query(({ ctx, input }) => keys.list(requirePrincipal(ctx.principal), input)),
    create: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Makes an API key of yours; the key is shown once.",
        stepUp: true,
      })
      .input(keyCreateInput)
      .output(keyCreateOutput)
      .mutation(async ({ ctx, input }) => {
        const made = await keys.create(requirePrincipal(await ctx.identifyAgain("fresh")), input);
        ctx.note({ targetType: "key", targetId: made.id, after: made.item });
        return made;
      }),
    rotate: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Gives an API key of yours a new secret, shown once.",
        stepUp: true,
      })
      .input(keyRotateInput)
      .output(keyCreateOutput)
      .mutation(async ({ ctx, input }) => {
        const made = await keys.rotate(requirePrincipal(await ctx.identifyAgain("fresh")), input);
        ctx.note({ targetType: "key", targetId: made.id, after: made.item });
        return made;
      }),
    update: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Names or limits an API key of yours; anybody's of no higher rank for an admin.",
      })
      .input(keyUpdateInput)
      .output(keySchema)
      .mutation(async ({ ctx, input }) => {
        const { item, note } = await keys.update(requirePrincipal(ctx.principal), input);
        ctx.note(note);
        return item;
      }),
    callers: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description:
          "Where a key was used from within 24 h, and who still has its secret from before the last rotation.",
      })
      .input(keyIdInput)
      .output(keyCallers)
      .query(({ ctx, input }) => keys.callers(requirePrincipal(ctx.principal), input.id)),
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
