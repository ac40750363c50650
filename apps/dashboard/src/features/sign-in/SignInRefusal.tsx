import { useT } from "../../lib/i18n/i18n.tsx";
import type { SignInResult } from "../../lib/sign-in.ts";
import { Notice } from "../../ui/Notice.tsx";
import { LimitedNotice } from "../security/RefusalNotice.tsx";

export type Refusal = Exclude<SignInResult, { kind: "signed-in" | "second-step" }>;

export interface SignInRefusalProps {
  readonly refusal: Refusal;
  /** What was wrong, in words: of a password and of a code they differ. */
  readonly wrong: string;
  onOver(): void;
}

export function SignInRefusal({ refusal, wrong, onOver }: SignInRefusalProps) {
  const t = useT();
  switch (refusal.kind) {
    case "wrong":
      return <Notice tone="bad" title={wrong} />;
    case "expired":
      return <Notice tone="warn" title={t("signIn.expired")} />;
    case "suspended":
      return <Notice tone="bad" title={t("signIn.suspended")} />;
    case "limited":
      return <LimitedNotice untilMs={refusal.untilMs} onOver={onOver} />;
    case "unreachable":
      return <Notice tone="bad" title={t("signIn.unreachable")} />;
    case "failed":
      return <Notice tone="bad" title={refusal.message} />;
  }
}
