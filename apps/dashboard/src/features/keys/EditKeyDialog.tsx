import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import type { ApiKey } from "./key.ts";
import { parseRate, RateField } from "./RateField.tsx";

const NAME_MAX = 80;

/** Name and rate; what a key may do stays as it was made. */
export function EditKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [name, setName] = useState(apiKey.name);
  const [rateText, setRateText] = useState(apiKey.ratePerMinute === null ? "" : String(apiKey.ratePerMinute));
  const update = trpc.access.keys.update.useMutation({
    onSuccess: (saved) => {
      toast({ tone: "ok", title: t("apiKeys.did.edit", { name: saved.name }) });
      void utils.access.keys.invalidate();
      onClose();
    },
  });
  const rate = parseRate(rateText);
  const isSame = name.trim() === apiKey.name && rate === apiKey.ratePerMinute;
  return (
    <FormDialog
      title={t("apiKeys.edit.title")}
      subtitle={<code className="mono">swb_{apiKey.prefix}…</code>}
      width={480}
      submitLabel={t("ui.save")}
      disabledReason={isSame ? t("apiKeys.edit.same") : undefined}
      isBusy={update.isPending}
      error={update.error}
      footNote={t("apiKeys.edit.note")}
      onSubmit={() => {
        if (name.trim() === "" || rate === undefined) return;
        update.mutate({ id: apiKey.id, name: name.trim(), ratePerMinute: rate });
      }}
      onClose={onClose}
    >
      <TextInput
        size="md"
        label={t("apiKeys.name")}
        value={name}
        maxLength={NAME_MAX}
        autoComplete="off"
        error={name.trim() === "" ? t("form.required") : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <RateField value={rateText} onChange={setRateText} />
    </FormDialog>
  );
}
