import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { CurrentPassword } from "./CurrentPassword.tsx";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";

export interface PasswordDialogProps<Result> {
  readonly title: string;
  readonly subtitle?: string;
  readonly body: string;
  readonly submitLabel: string;
  readonly danger?: boolean;
  call(password: string): Promise<Result>;
  onDone(result: Result): void;
  onClose(): void;
}

/** Asks for one's password to do one thing with it. */
export function PasswordDialog<Result>(props: PasswordDialogProps<Result>) {
  const t = useT();
  const [password, setPassword] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const state = useRefusal();
  const mutation = useMutation({
    mutationFn: (value: string) => props.call(value),
    onMutate: state.clear,
    onError: state.take,
    onSuccess: props.onDone,
  });
  const wrong = state.refusal?.kind === "wrong" ? t("stepUp.wrong") : undefined;
  return (
    <FormDialog
      title={props.title}
      subtitle={props.subtitle}
      width={480}
      submitLabel={props.submitLabel}
      danger={props.danger ?? false}
      disabledReason={state.refusal?.kind === "limited" ? t("signIn.limited") : undefined}
      isBusy={mutation.isPending}
      onSubmit={() => {
        if (password === "") setIsMissing(true);
        else mutation.mutate(password);
      }}
      // What is under way may have an answer that is shown once, such as new codes.
      onClose={() => {
        if (!mutation.isPending) props.onClose();
      }}
    >
      <p>{props.body}</p>
      <RefusalNotice state={state} />
      <CurrentPassword
        label={t("stepUp.password")}
        value={password}
        error={isMissing ? t("security.passwordNeeded") : wrong}
        onChange={(value) => {
          setPassword(value);
          setIsMissing(false);
          if (wrong) state.clear();
        }}
      />
    </FormDialog>
  );
}
