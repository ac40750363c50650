import { Button, Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { useT } from "../../lib/i18n/i18n.tsx";
import { signIn, type SignInResult } from "../../lib/sign-in.ts";
import classes from "./EntryFrame.module.css";
import { PasskeySignIn } from "./PasskeySignIn.tsx";
import { type Refusal, SignInRefusal } from "./SignInRefusal.tsx";

interface SignInForm {
  readonly email: string;
  readonly password: string;
  readonly rememberMe: boolean;
}

export interface PasswordStepProps {
  /** Kept over the second step and back. */
  readonly email: string;
  /** Why the second step came back here. */
  readonly firstRefusal: Refusal | null;
  onEmail(email: string): void;
  onSecondStep(): void;
  onSignedIn(): void;
}

export function PasswordStep({ email, firstRefusal, onEmail, onSecondStep, onSignedIn }: PasswordStepProps) {
  const t = useT();
  const [refusal, setRefusal] = useState<Refusal | null>(firstRefusal);
  const { register, handleSubmit, formState, resetField, setFocus } = useForm<SignInForm>({
    defaultValues: { email, password: "", rememberMe: true },
  });
  const isBack = email !== "";
  useEffect(() => setFocus(isBack ? "password" : "email"), [isBack, setFocus]);

  const take = (result: SignInResult): void => {
    if (result.kind === "signed-in") onSignedIn();
    else if (result.kind === "second-step") onSecondStep();
    else setRefusal(result);
  };
  const submit = handleSubmit(async (values) => {
    setRefusal(null);
    const result = await signIn(values);
    onEmail(values.email);
    take(result);
    if (result.kind === "wrong") {
      resetField("password");
      setFocus("password");
    }
  });
  const isLimited = refusal?.kind === "limited";
  return (
    <>
      <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
        {refusal ? <SignInRefusal refusal={refusal} wrong={t("signIn.wrong")} onOver={() => setRefusal(null)} /> : null}
        <TextInput
          label={t("signIn.email")}
          type="email"
          autoComplete="username webauthn"
          error={formState.errors.email?.message}
          {...register("email", {
            required: t("signIn.emailNeeded"),
            // The wait is for one account: somebody who mistyped an email need not sit it out.
            onChange: () => setRefusal((shown) => (shown?.kind === "limited" ? null : shown)),
          })}
        />
        <PasswordInput
          label={t("signIn.password")}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          error={formState.errors.password?.message}
          {...register("password", { required: t("signIn.passwordNeeded") })}
        />
        <Checkbox label={t("signIn.keep")} {...register("rememberMe")} />
        <Button type="submit" variant="filled" fullWidth loading={formState.isSubmitting} disabled={isLimited}>
          {t("signIn.submit")}
        </Button>
        <PasskeySignIn
          onStart={() => setRefusal(null)}
          onResult={(result) =>
            take(result.kind === "wrong" ? { kind: "failed", message: t("passkeys.problem.refused") } : result)
          }
          onRefused={(message) => setRefusal({ kind: "failed", message })}
        />
      </form>
      <p className={classes.help}>{t("signIn.help")}</p>
    </>
  );
}
