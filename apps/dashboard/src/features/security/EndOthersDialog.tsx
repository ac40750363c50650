import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";

/** Ends every session of one's own but this. Those that begin after the count are spared: they were not shown. */
export function EndOthersDialog({ userId, onClose }: { userId: string; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const preview = trpc.access.sessions.preview.useQuery({ userId }, { staleTime: Infinity, gcTime: 0 });
  const end = trpc.access.sessions.revokeAll.useMutation({
    onSuccess: ({ revoked }) => {
      toast({ tone: "ok", title: t("sessions.did.endOthers", { count: revoked }) });
      void utils.access.sessions.invalidate();
      onClose();
    },
  });
  const found = preview.data;
  const count = found?.count ?? 0;
  return (
    <ConfirmDialog
      danger
      title={t("sessions.endOthers.title")}
      body={found ? t("sessions.endOthers.body", { count }) : t("sessions.endOthers.counting")}
      confirmLabel={t("sessions.endOthers.submit", { count })}
      disabledReason={
        found === undefined ? t("sessions.endOthers.counting") : count === 0 ? t("sessions.endOthers.none") : undefined
      }
      isBusy={end.isPending}
      error={end.error ?? preview.error}
      onConfirm={() => {
        if (found) end.mutate({ userId, asOf: found.asOf });
      }}
      onClose={onClose}
    />
  );
}
