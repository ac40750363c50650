import { toAppError } from "../../../lib/errors.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useMe } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";

/**
 * Takes back what this person did last to a limit, by its event in the audit log: only that knows how long the values before were to
 * hold and what they were to go back to. Refused when somebody has changed the limit since. `name` is how it is called in the toast.
 */
export function useUndoLast(action = "limits.update"): (name: string, targetId?: string) => Promise<void> {
  const t = useT();
  const toast = useToast();
  const { user } = useMe();
  const utils = trpc.useUtils();
  const undo = trpc.audit.undo.useMutation();
  return async (name, targetId = name) => {
    try {
      const { items } = await utils.client.audit.list.query({
        action,
        targetId,
        actorId: user.id,
        outcome: "ok",
        limit: 1,
      });
      const [event] = items;
      if (!event) {
        toast({
          tone: "bad",
          title: t("limitChange.didNot.undo", { name }),
          detail: t("limitChange.didNot.undo.unknown"),
        });
        return;
      }
      await undo.mutateAsync({ id: event.id });
      toast({ tone: "ok", title: t("limitChange.did.undo", { name }) });
    } catch (error) {
      toast({ tone: "bad", title: t("limitChange.didNot.undo", { name }), detail: toAppError(error).message });
    }
    void utils.limits.invalidate();
  };
}
