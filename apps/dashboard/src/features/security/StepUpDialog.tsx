import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { type Question, useStepUp } from "../../lib/step-up.ts";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { CurrentPassword } from "./CurrentPassword.tsx";
import { confirmByPasskey, passkeySupport } from "./passkeys.ts";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";
import { confirmByPassword } from "./security-calls.ts";
import { usePolicy } from "./use-policy.ts";

/** Asks for the password or a passkey again; what was refused then goes on by itself. */
export function StepUpDialog({ question }: { question: Question }) {
  const t = useT();
  const format = useFormat();
  const stepUp = useStepUp();
  const utils = trpc.useUtils();
  const { security } = useMe();
  const policy = usePolicy();
  const [password, setPassword] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const state = useRefusal();
  const outcome = {
    onMutate: state.clear,
    onError: state.take,
    onSuccess: () => {
      void utils.access.me.invalidate();
      stepUp.confirm();
    },
  };
  const byPassword = useMutation({ mutationFn: confirmByPassword, ...outcome });
  const byPasskey = useMutation({ mutationFn: confirmByPasskey, ...outcome });
  const isLimited = state.refusal?.kind === "limited";
  // Not every refusal says it.
  const withinSeconds = question.withinSeconds ?? policy.data?.stepUp.withinSeconds;
  const time = withinSeconds === undefined ? null : format.span(withinSeconds * 1000);
  return (
    <FormDialog
      title={t("stepUp.title")}
      subtitle={question.acts.map((act) => (
        <code key={act} className="mono">
          {act}
        </code>
      ))}
      width={420}
      submitLabel={t("stepUp.submit")}
      disabledReason={isLimited ? t("signIn.limited") : undefined}
      isBusy={byPassword.isPending}
      footNote={time === null ? null : t("stepUp.note", { time })}
      onSubmit={() => {
        if (password === "") setIsMissing(true);
        else byPassword.mutate(password);
      }}
      onClose={() => stepUp.cancel(t("stepUp.cancelled"))}
    >
      <p>
        {time === null ? null : `${t("stepUp.why", { time })} `}
        {t("stepUp.body", { count: question.acts.length })}
      </p>
      <RefusalNotice state={state} />
      <CurrentPassword
        label={t("stepUp.password")}
        value={password}
        error={
          isMissing ? t("security.passwordNeeded") : state.refusal?.kind === "wrong" ? t("stepUp.wrong") : undefined
        }
        onChange={(value) => {
          setPassword(value);
          setIsMissing(false);
          if (state.refusal?.kind === "wrong") state.clear();
        }}
      />
      {security.passkeys > 0 && passkeySupport() === "yes" ? (
        <Button
          size="md"
          fullWidth
          leftSection={<KeyRound size={14} />}
          loading={byPasskey.isPending}
          onClick={() => byPasskey.mutate()}
        >
          {t("stepUp.passkey")}
        </Button>
      ) : null}
    </FormDialog>
  );
}
