import { useState } from "react";
import { nowMs } from "../../lib/clock.ts";
import { toAppError } from "../../lib/errors.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { PasskeyError } from "./passkeys.ts";

/** Why a proof did not count. */
export type Refusal =
  | { readonly kind: "wrong" }
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "other"; readonly message: string };

export interface RefusalState {
  readonly refusal: Refusal | null;
  take(error: unknown): void;
  clear(): void;
}

/** Keeps the refusal of the last try, for the field or the notice that shows it. */
export function useRefusal(): RefusalState {
  const t = useT();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  return {
    refusal,
    take: (error) => setRefusal(toRefusal(error, t)),
    clear: () => setRefusal(null),
  };
}

const WRONG = new Set(["INVALID_CREDENTIALS", "CODE_INVALID"]);

function toRefusal(error: unknown, t: Translate): Refusal {
  const { code, status, retryAfterMs } = toAppError(error);
  if (WRONG.has(code)) return { kind: "wrong" };
  if (status === 429 && retryAfterMs !== null) return { kind: "limited", untilMs: nowMs() + retryAfterMs };
  return { kind: "other", message: describePasskeyProblem(error, t) };
}

/** In words: why the browser used no passkey, or why the server took none. Any other error in its own. */
export function describePasskeyProblem(error: unknown, t: Translate): string {
  if (error instanceof PasskeyError) return describeRefusal(error, t);
  const { code, message } = toAppError(error);
  if (code === "NETWORK") return t("signIn.unreachable");
  return code === "PASSKEY_REFUSED" ? t("passkeys.problem.refused") : message;
}

function describeRefusal({ reason, message }: PasskeyError, t: Translate): string {
  switch (reason) {
    case "dismissed":
      return t("passkeys.problem.dismissed");
    case "known":
      return t("passkeys.problem.known");
    case "unsupported":
      return t("passkeys.problem.unsupported");
    case "address":
      return t("passkeys.problem.address", { address: window.location.host });
    case "failed":
      return t("passkeys.problem.failed", { message });
  }
}
