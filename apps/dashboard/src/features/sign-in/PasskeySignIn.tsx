import { Button } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type SignInResult, signInByPasskey } from "../../lib/sign-in.ts";
import { askForPasskey, offerPasskeys, passkeySupport } from "../security/passkeys.ts";
import { PasskeyWhyNot } from "../security/PasskeyWhyNot.tsx";
import { describePasskeyProblem } from "../security/refusal.ts";
import classes from "./EntryFrame.module.css";

export interface PasskeySignInProps {
  onStart(): void;
  onResult(result: SignInResult): void;
  /** The browser used no passkey, or the server has none; in words. */
  onRefused(message: string): void;
}

/** A button, and passkeys among the suggestions of the email field. Where neither works, why: but not to a browser without any. */
export function PasskeySignIn({ onStart, onResult, onRefused }: PasskeySignInProps) {
  const t = useT();
  const [isBusy, setIsBusy] = useState(false);
  const support = passkeySupport();
  usePasskeySuggestions(support === "yes" && !isBusy, onResult);

  const ask = async (): Promise<void> => {
    setIsBusy(true);
    onStart();
    try {
      onResult(await signInByPasskey(await askForPasskey()));
    } catch (error) {
      onRefused(describePasskeyProblem(error, t));
    } finally {
      setIsBusy(false);
    }
  };
  if (support === "browser") return null;
  if (support !== "yes") {
    return (
      <p className={classes.whyNot}>
        <PasskeyWhyNot support={support} />
      </p>
    );
  }
  return (
    <Button
      size="md"
      fullWidth
      className={classes.tall ?? ""}
      leftSection={<KeyRound size={14} />}
      loading={isBusy}
      onClick={() => void ask()}
    >
      {t("signIn.passkey")}
    </Button>
  );
}

/** A suggestion that is never chosen is no failure, and says nothing. */
function usePasskeySuggestions(isOn: boolean, onResult: (result: SignInResult) => void): void {
  const latest = useRef(onResult);
  useEffect(() => {
    latest.current = onResult;
  });
  useEffect(() => {
    if (!isOn) return;
    const wait = new AbortController();
    const offer = async (): Promise<void> => {
      const response = await offerPasskeys(wait.signal);
      if (response && !wait.signal.aborted) latest.current(await signInByPasskey(response));
    };
    offer().catch((error: unknown) => {
      // Closed, timed out, none there: the browser says the same for all, and nobody asked for one.
      const isOrdinary = error instanceof Error && error.name === "NotAllowedError";
      if (!wait.signal.aborted && !isOrdinary) console.warn("Passkeys are not among the suggestions.", error);
    });
    return () => wait.abort();
  }, [isOn]);
}
