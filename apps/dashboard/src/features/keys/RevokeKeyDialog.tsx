import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { CallersNow } from "./KeyCallers.tsx";
import type { ApiKey } from "./key.ts";

export function RevokeKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const revoke = trpc.access.keys.revoke.useMutation({
    onSuccess: () => {
      toast({ tone: "ok", title: t("apiKeys.did.revoke", { name: apiKey.name }) });
      void utils.access.keys.invalidate();
      onClose();
    },
  });
  return (
    <ConfirmDialog
      danger
      typed={apiKey.name}
      title={t("apiKeys.revoke.title", { name: apiKey.name })}
      body={
        <>
          <p>{t("apiKeys.revoke.body")}</p>
          <CallersNow keyId={apiKey.id} />
        </>
      }
      confirmLabel={t("apiKeys.revoke.submit")}
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ id: apiKey.id })}
      onClose={onClose}
    />
  );
}
