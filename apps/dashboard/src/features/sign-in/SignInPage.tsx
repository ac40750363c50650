import { Button, Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { findNavItem } from "../../app/navigation.ts";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { signIn, type SignInResult } from "../../lib/sign-in.ts";
import { Notice } from "../../ui/Notice.tsx";
import { EntryFrame } from "./EntryFrame.tsx";
import classes from "./EntryFrame.module.css";

interface SignInForm {
  readonly email: string;
  readonly password: string;
  readonly rememberMe: boolean;
}
type Refusal = Exclude<SignInResult, { kind: "signed-in" }>;

export function SignInPage() {
  const t = useT();
  const router = useRouter();
  const queryClient = useQueryClient();
  const next = toLocalPath(useSearch({ from: "/sign-in" }).next);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const { register, handleSubmit, formState, resetField, setFocus } = useForm<SignInForm>({
    defaultValues: { email: "", password: "", rememberMe: true },
  });
  // What the last person read must not be seen by the next one.
  useEffect(() => queryClient.clear(), [queryClient]);
  useEffect(() => {
    document.title = t("app.title", { page: t("signIn.title") });
  }, [t]);

  const submit = handleSubmit(async (values) => {
    setRefusal(null);
    const result = await signIn(values);
    if (result.kind === "signed-in") {
      router.history.replace(next ?? "/");
      return;
    }
    setRefusal(result);
    if (result.kind === "wrong") {
      resetField("password");
      setFocus("password");
    }
  });
  const goal = next === undefined ? undefined : findNavItem(next.split(/[?#]/)[0] ?? "");
  return (
    <EntryFrame
      title={t("signIn.title")}
      lead={goal ? t.rich("signIn.next", { page: <span className="medium fg-2">{t(goal.label)}</span> }) : undefined}
    >
      <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
        {refusal ? <RefusalNotice refusal={refusal} onOver={() => setRefusal(null)} /> : null}
        <TextInput
          label={t("signIn.email")}
          type="email"
          autoComplete="username"
          autoFocus
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
        <Button
          type="submit"
          variant="filled"
          fullWidth
          loading={formState.isSubmitting}
          disabled={refusal?.kind === "limited"}
        >
          {t("signIn.submit")}
        </Button>
      </form>
      <p className={classes.help}>{t("signIn.help")}</p>
    </EntryFrame>
  );
}

function RefusalNotice({ refusal, onOver }: { refusal: Refusal; onOver: () => void }) {
  const t = useT();
  switch (refusal.kind) {
    case "wrong":
      return <Notice tone="bad" title={t("signIn.wrong")} />;
    case "suspended":
      return <Notice tone="bad" title={t("signIn.suspended")} />;
    case "limited":
      return <LimitedNotice untilMs={refusal.untilMs} onOver={onOver} />;
    case "unreachable":
      return <Notice tone="bad" title={t("signIn.unreachable")} />;
    case "failed":
      return <Notice tone="bad" title={t("signIn.failed", { status: String(refusal.status) })} />;
  }
}

function LimitedNotice({ untilMs, onOver }: { untilMs: number; onOver: () => void }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(500);
  const seconds = Math.ceil((untilMs - now) / 1000);
  useEffect(() => {
    if (seconds <= 0) onOver();
  }, [seconds, onOver]);
  return (
    <Notice tone="warn" title={t("signIn.limited")}>
      {/* A timer is read when somebody comes to it, and not out loud each second as the notice around it would be. */}
      <span role="timer" className="num">
        {t("signIn.tryAgain", { time: format.clock(seconds * 1000) })}
      </span>
    </Notice>
  );
}

/** A path of this dashboard, or nothing: an address from elsewhere must not be a way to lead people away. */
function toLocalPath(next: string | undefined): string | undefined {
  if (next === undefined || !next.startsWith("/")) return undefined;
  const url = new URL(next, window.location.origin);
  return url.origin === window.location.origin ? `${url.pathname}${url.search}` : undefined;
}
