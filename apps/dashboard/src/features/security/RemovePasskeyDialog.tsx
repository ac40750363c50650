import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useStepUp } from "../../lib/step-up.ts";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { passkeysKey, removePasskey } from "./security-calls.ts";

export function RemovePasskeyDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const stepUp = useStepUp();
  const utils = trpc.useUtils();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => stepUp.run("access.passkeys.remove", () => removePasskey(id)),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: passkeysKey });
      void utils.access.me.invalidate();
      toast({ tone: "ok", title: t("passkeys.did.remove", { name }) });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      danger
      title={t("passkeys.remove.title", { name })}
      body={t("passkeys.remove.body")}
      confirmLabel={t("passkeys.remove.submit")}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
