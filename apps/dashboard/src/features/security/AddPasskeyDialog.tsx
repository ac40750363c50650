import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useStepUp } from "../../lib/step-up.ts";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { describeAgent } from "../users/describe-agent.ts";
import { addPasskey } from "./passkeys.ts";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";
import { passkeysKey } from "./security-calls.ts";

const NAME_MAX = 80;

export function AddPasskeyDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const stepUp = useStepUp();
  const utils = trpc.useUtils();
  const queryClient = useQueryClient();
  const [name, setName] = useState(() => describeAgent(navigator.userAgent) ?? "");
  const [isMissing, setIsMissing] = useState(false);
  const state = useRefusal();
  const add = useMutation({
    mutationFn: (wanted: string) => stepUp.run("access.passkeys.add", () => addPasskey(wanted)),
    onMutate: state.clear,
    onError: state.take,
    onSuccess: (_answer, wanted) => {
      void queryClient.invalidateQueries({ queryKey: passkeysKey });
      void utils.access.me.invalidate();
      toast({ tone: "ok", title: t("passkeys.did.add", { name: wanted }) });
      onClose();
    },
  });
  const submit = (): void => {
    if (name.trim() === "") setIsMissing(true);
    else add.mutate(name.trim());
  };
  return (
    <FormDialog
      title={t("passkeys.add.title")}
      width={480}
      submitLabel={t("passkeys.add.submit")}
      isBusy={add.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t("passkeys.add.body")}</p>
      <RefusalNotice state={state} />
      <TextInput
        size="md"
        label={t("passkeys.name")}
        description={t("passkeys.name.hint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
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
