import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useLayoutEffect, useState } from "react";
import { findNavItem } from "../../app/navigation.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { EntryFrame } from "./EntryFrame.tsx";
import { PasswordStep } from "./PasswordStep.tsx";
import { SecondStep } from "./SecondStep.tsx";
import type { Refusal } from "./SignInRefusal.tsx";

type Step = { readonly kind: "password"; readonly refusal: Refusal | null } | { readonly kind: "code" | "recovery" };

/** Password or passkey; after a password, for those who have one, a code of their app. The way on is kept through all of it. */
export function SignInPage() {
  const t = useT();
  const router = useRouter();
  const queryClient = useQueryClient();
  const next = toLocalPath(useSearch({ from: "/sign-in" }).next);
  const [step, setStep] = useState<Step>({ kind: "password", refusal: null });
  const [email, setEmail] = useState("");
  // What the last person read must not be seen by the next one. Before the queries of this page begin, which it would cut off.
  useLayoutEffect(() => queryClient.clear(), [queryClient]);
  const title = t(
    step.kind === "password" ? "signIn.title" : step.kind === "code" ? "signIn.code.title" : "signIn.recovery.title",
  );
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [t, title]);

  const enter = (): void => router.history.replace(next ?? "/");
  const backToPassword = (refusal: Refusal | null): void => setStep({ kind: "password", refusal });
  return (
    <EntryFrame title={title} lead={leadOf(step)}>
      {step.kind === "password" ? (
        <PasswordStep
          email={email}
          firstRefusal={step.refusal}
          onEmail={setEmail}
          onSecondStep={() => setStep({ kind: "code" })}
          onSignedIn={enter}
        />
      ) : (
        <SecondStep
          key={step.kind}
          by={step.kind}
          onSwitch={() => setStep({ kind: step.kind === "code" ? "recovery" : "code" })}
          onBack={backToPassword}
          onSignedIn={enter}
        />
      )}
    </EntryFrame>
  );

  function leadOf({ kind }: Step): ReactNode {
    const who = <span className="medium fg-2">{email}</span>;
    if (kind === "code") return t.rich("signIn.code.lead", { email: who });
    if (kind === "recovery") return t.rich("signIn.recovery.lead", { email: who });
    const goal = next === undefined ? undefined : findNavItem(next.split(/[?#]/)[0] ?? "");
    return goal ? t.rich("signIn.next", { page: <span className="medium fg-2">{t(goal.label)}</span> }) : undefined;
  }
}

/** A path of this dashboard, or nothing: an address from elsewhere must not be a way to lead people away. */
function toLocalPath(next: string | undefined): string | undefined {
  if (next === undefined || !next.startsWith("/")) return undefined;
  const url = new URL(next, window.location.origin);
  return url.origin === window.location.origin ? `${url.pathname}${url.search}` : undefined;
}
