import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";
import { type Passkey, passkeysKey, renamePasskey } from "./security-calls.ts";

const NAME_MAX = 80;

export function RenamePasskeyDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useT();
  const queryClient = useQueryClient();
  const [name, setName] = useState(passkey.name ?? "");
  const [isMissing, setIsMissing] = useState(false);
  const state = useRefusal();
  const rename = useMutation({
    mutationFn: renamePasskey,
    onMutate: state.clear,
    onError: state.take,
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: passkeysKey });
      onClose();
    },
  });
  const submit = (): void => {
    if (name.trim() === "") setIsMissing(true);
    else rename.mutate({ id: passkey.id, name: name.trim() });
  };
  return (
    <FormDialog
      title={t("passkeys.rename.title")}
      width={420}
      submitLabel={t("ui.save")}
      isBusy={rename.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <RefusalNotice state={state} />
      <TextInput
        size="md"
        label={t("passkeys.name")}
        value={name}
        maxLength={NAME_MAX}
        autoComplete="off"
        error={isMissing ? t("passkeys.name.needed") : undefined}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setIsMissing(false);
        }}
        data-autofocus
      />
    </FormDialog>
  );
}
