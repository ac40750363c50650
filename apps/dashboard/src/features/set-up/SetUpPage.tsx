import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { signIn } from "../../lib/sign-in.ts";
import { trpc } from "../../lib/trpc.ts";
import { Notice } from "../../ui/Notice.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { EntryFrame } from "../sign-in/EntryFrame.tsx";
import classes from "../sign-in/EntryFrame.module.css";

const PASSWORD_MIN_LENGTH = 12;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The one-time link of a first start leads here. */
export function SetUpPage() {
  const t = useT();
  const { token } = useSearch({ from: "/setup" });
  useEffect(() => {
    document.title = t("app.title", { page: t("setUp.title") });
  }, [t]);
  if (token === undefined) {
    return (
      <EntryFrame
        title={t("setUp.noToken")}
        lead={t.rich("setUp.noTokenBody", { token: <code className="mono">/setup?token=…</code> })}
      >
        <p className={classes.help}>
          <Link to="/sign-in">{t("setUp.toSignIn")}</Link>
        </p>
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("setUp.title")} lead={t("setUp.body")}>
      <OwnerForm token={token} />
    </EntryFrame>
  );
}

interface OwnerFields {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

function OwnerForm({ token }: { token: string }) {
  const t = useT();
  const router = useRouter();
  const toast = useToast();
  const setUp = trpc.access.setup.useMutation();
  const { register, handleSubmit, formState } = useForm<OwnerFields>({
    defaultValues: { name: "", email: "", password: "" },
  });
  const submit = handleSubmit(async (values) => {
    await setUp.mutateAsync({ token, ...values });
    const result = await signIn({ email: values.email, password: values.password, rememberMe: true });
    if (result.kind === "signed-in") {
      router.history.replace("/");
      return;
    }
    toast({ tone: "ok", title: t("setUp.done") });
    await router.navigate({ to: "/sign-in", search: {}, replace: true });
  });
  return (
    <form
      className={classes.form}
      noValidate
      // A refusal of the server is shown by the mutation's state below.
      onSubmit={(event) => void submit(event).catch(() => undefined)}
    >
      {setUp.error ? <Notice tone="bad" title={toAppError(setUp.error).message} /> : null}
      <TextInput
        label={t("setUp.name")}
        autoComplete="name"
        autoFocus
        maxLength={120}
        error={formState.errors.name?.message}
        {...register("name", { validate: (name) => name.trim() !== "" || t("setUp.nameNeeded") })}
      />
      <TextInput
        label={t("setUp.email")}
        type="email"
        autoComplete="username"
        maxLength={254}
        error={formState.errors.email?.message}
        {...register("email", {
          pattern: { value: EMAIL, message: t("setUp.emailInvalid") },
          required: t("setUp.emailInvalid"),
        })}
      />
      <PasswordInput
        label={t("setUp.password")}
        description={t("setUp.passwordHint")}
        autoComplete="new-password"
        maxLength={128}
        visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
        error={formState.errors.password?.message}
        {...register("password", {
          required: t("setUp.passwordShort"),
          minLength: { value: PASSWORD_MIN_LENGTH, message: t("setUp.passwordShort") },
        })}
      />
      <Button type="submit" variant="filled" fullWidth loading={formState.isSubmitting}>
        {t("setUp.submit")}
      </Button>
    </form>
  );
}
