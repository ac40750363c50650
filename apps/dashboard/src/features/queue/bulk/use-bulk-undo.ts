import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";

/** Takes a bulk act back, from a toast, also while it runs. What comes of it is told in another toast. */
export function useBulkUndo(): (id: string) => void {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const undo = trpc.queue.bulk.undo.useMutation();
  const perform = async (id: string): Promise<void> => {
    try {
      await undo.mutateAsync({ id });
      toast({ tone: "ok", title: t("queue.bulk.undoing") });
    } catch (error) {
      toast({ tone: "bad", title: t("queue.bulk.notUndone"), detail: toAppError(error).message });
    }
    void utils.queue.invalidate();
  };
  return (id) => void perform(id);
}
