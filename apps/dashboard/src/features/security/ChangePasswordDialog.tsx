import { PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FieldLabel } from "../../ui/FieldLabel.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { CurrentPassword } from "./CurrentPassword.tsx";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";
import { changePassword } from "./security-calls.ts";
import { usePolicy } from "./use-policy.ts";
import { useWhatEnds } from "./use-what-ends.ts";

/** Changes one's own password and says before what that ends. */
export function ChangePasswordDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const { user } = useMe();
  const utils = trpc.useUtils();
  const rule = usePolicy().data?.password;
  const ends = useWhatEnds(user.id);
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [problems, setProblems] = useState<{ current?: string; next?: string }>({});
  const state = useRefusal();
  const change = useMutation({
    mutationFn: changePassword,
    onMutate: state.clear,
    onError: state.take,
    onSuccess: () => {
      void utils.access.invalidate();
      toast({
        tone: "ok",
        title: t("password.done"),
        ...(ends ? { detail: t("password.done.detail", { sessions: ends.sessions, keys: ends.keys }) } : {}),
      });
      onClose();
    },
  });
  const submit = (): void => {
    const min = rule?.minLength ?? 1;
    const found = {
      ...(current === "" ? { current: t("security.passwordNeeded") } : {}),
      ...(next.length < min ? { next: t("password.short", { min }) } : {}),
      ...(next !== "" && next === current ? { next: t("password.same") } : {}),
    };
    setProblems(found);
    if (Object.keys(found).length === 0) change.mutate({ currentPassword: current, newPassword: next });
  };
  const wrong = state.refusal?.kind === "wrong" ? t("password.wrong") : undefined;
  return (
    <FormDialog
      title={t("password.change.title")}
      width={480}
      submitLabel={t("password.submit")}
      disabledReason={state.refusal?.kind === "limited" ? t("signIn.limited") : undefined}
      isBusy={change.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <RefusalNotice state={state} />
      <CurrentPassword
        label={t("password.current")}
        value={current}
        error={problems.current ?? wrong}
        onChange={(value) => {
          setCurrent(value);
          setProblems({});
          if (wrong) state.clear();
        }}
      />
      <PasswordInput
        label={<FieldLabel hint={t("password.length", { count: next.length })}>{t("password.new")}</FieldLabel>}
        description={rule ? t("password.rule", { min: rule.minLength, max: rule.maxLength }) : null}
        inputWrapperOrder={["label", "input", "description", "error"]}
        autoComplete="new-password"
        {...(rule ? { maxLength: rule.maxLength } : {})}
        visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
        value={next}
        error={problems.next}
        onChange={(event) => {
          setNext(event.currentTarget.value);
          setProblems({});
        }}
      />
      <p className="muted" role="status">
        {ends === undefined
          ? t("password.counting")
          : ends.isNothing
            ? t("password.endsNothing")
            : t("password.ends", { sessions: ends.sessions, keys: ends.keys })}
      </p>
    </FormDialog>
  );
}
