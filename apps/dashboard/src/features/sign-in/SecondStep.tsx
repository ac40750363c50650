import { Button, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { signInByCode, signInByRecoveryCode } from "../../lib/sign-in.ts";
import { CODE_LENGTH, CodeField } from "../security/CodeField.tsx";
import classes from "./EntryFrame.module.css";
import { type Refusal, SignInRefusal } from "./SignInRefusal.tsx";

export interface SecondStepProps {
  readonly by: "code" | "recovery";
  onSwitch(): void;
  /** With a reason when the password has to be given again. */
  onBack(refusal: Refusal | null): void;
  onSignedIn(): void;
}

/** What comes after a right password. A whole code sends itself. */
export function SecondStep({ by, onSwitch, onBack, onSignedIn }: SecondStepProps) {
  const t = useT();
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isLimited = refusal?.kind === "limited";
  const isApp = by === "code";

  const submit = async (value: string): Promise<void> => {
    if (isBusy || isLimited) return;
    if (isApp ? value.length < CODE_LENGTH : value === "") {
      setIsMissing(true);
      field.current?.focus();
      return;
    }
    setIsBusy(true);
    setRefusal(null);
    const result = await (isApp ? signInByCode(value) : signInByRecoveryCode(value));
    setIsBusy(false);
    if (result.kind === "signed-in") {
      onSignedIn();
      return;
    }
    if (result.kind === "expired" || result.kind === "second-step") {
      onBack({ kind: "expired" });
      return;
    }
    setRefusal(result);
    setCode("");
    field.current?.focus();
  };
  const change = (value: string): void => {
    setCode(value);
    setIsMissing(false);
  };
  return (
    <>
      <form
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit(code);
        }}
      >
        {refusal ? (
          <SignInRefusal
            refusal={refusal}
            wrong={t(isApp ? "signIn.code.wrong" : "signIn.recovery.wrong")}
            onOver={() => setRefusal(null)}
          />
        ) : null}
        {isApp ? (
          <CodeField
            ref={field}
            label={t("signIn.code")}
            value={code}
            error={isMissing ? t("signIn.code.needed") : undefined}
            isBusy={isBusy}
            autoFocus
            onChange={change}
            onComplete={(whole) => void submit(whole)}
          />
        ) : (
          <TextInput
            ref={field}
            label={t("signIn.recovery")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            value={code}
            error={isMissing ? t("signIn.recovery.needed") : undefined}
            onChange={(event) => change(event.currentTarget.value.replace(/\s/g, ""))}
          />
        )}
        <Button type="submit" variant="filled" fullWidth loading={isBusy} disabled={isLimited}>
          {t("signIn.submit")}
        </Button>
      </form>
      <div className={classes.others}>
        <Button variant="subtle" onClick={onSwitch}>
          {t(isApp ? "signIn.useRecovery" : "signIn.useCode")}
        </Button>
        <Button variant="subtle" onClick={() => onBack(null)}>
          {t("signIn.back")}
        </Button>
      </div>
      <p className={classes.help}>{t("signIn.code.help")}</p>
    </>
  );
}
