import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { CODE_LENGTH, CodeField } from "./CodeField.tsx";
import { PasswordDialog } from "./PasswordDialog.tsx";
import { QrCode } from "./QrCode.tsx";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog.tsx";
import { useRefusal } from "./refusal.ts";
import { RefusalNotice } from "./RefusalNotice.tsx";
import classes from "./Security.module.css";
import { confirmTwoFactor, startTwoFactor, type TwoFactorStart } from "./security-calls.ts";

const STEPS = 3;

/** Password, then the app's code, then the recovery codes. Left before the code was right, nothing has changed. */
export function TwoFactorSetUp({ onClose }: { onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [started, setStarted] = useState<TwoFactorStart>();
  const [isOn, setIsOn] = useState(false);
  const step = (number: number): string => t("twoFactor.step", { step: number, steps: STEPS });
  if (!started) {
    return (
      <PasswordDialog
        title={t("twoFactor.setUp.title")}
        subtitle={step(1)}
        body={t("twoFactor.setUp.password")}
        submitLabel={t("twoFactor.continue")}
        call={startTwoFactor}
        onDone={setStarted}
        onClose={onClose}
      />
    );
  }
  if (!isOn) {
    const finish = (): void => {
      setIsOn(true);
      void utils.access.invalidate();
      toast({ tone: "ok", title: t("twoFactor.did.on") });
    };
    return <AppStep totpUri={started.totpUri} subtitle={step(2)} onDone={finish} onClose={onClose} />;
  }
  return <RecoveryCodesDialog codes={started.recoveryCodes} subtitle={step(3)} onClose={onClose} />;
}

function AppStep(props: { totpUri: string; subtitle: string; onDone: () => void; onClose: () => void }) {
  const { totpUri, subtitle, onDone, onClose } = props;
  const t = useT();
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const state = useRefusal();
  const confirm = useMutation({
    mutationFn: confirmTwoFactor,
    onMutate: state.clear,
    onError: (error) => {
      state.take(error);
      setCode("");
      field.current?.focus();
    },
    onSuccess: onDone,
  });
  const secret = new URL(totpUri).searchParams.get("secret") ?? "";
  const isLimited = state.refusal?.kind === "limited";
  const submit = (value: string): void => {
    if (isLimited || confirm.isPending) return;
    if (value.length < CODE_LENGTH) setIsMissing(true);
    else confirm.mutate(value);
  };
  const wrong = state.refusal?.kind === "wrong" ? t("twoFactor.code.wrong") : undefined;
  return (
    <FormDialog
      title={t("twoFactor.setUp.title")}
      subtitle={subtitle}
      width={480}
      submitLabel={t("twoFactor.turnOn")}
      disabledReason={isLimited ? t("signIn.limited") : undefined}
      isBusy={confirm.isPending}
      onSubmit={() => submit(code)}
      // Closed while the code is being checked, it would be on and its recovery codes never seen.
      onClose={() => {
        if (!confirm.isPending) onClose();
      }}
    >
      <div className={classes.scan}>
        <QrCode text={totpUri} label={t("twoFactor.qr")} />
        <div className={classes.scanWords}>
          <p>{t("twoFactor.scan")}</p>
          <p className="muted">{t("twoFactor.secret")}</p>
          <p className={classes.secret}>
            <code className="mono">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
            <CopyButton value={secret} what={t("twoFactor.secretOf")} />
          </p>
        </div>
      </div>
      <RefusalNotice state={state} />
      <CodeField
        ref={field}
        label={t("twoFactor.code")}
        value={code}
        error={isMissing ? t("twoFactor.code.needed") : wrong}
        isBusy={confirm.isPending}
        onChange={(value) => {
          setCode(value);
          setIsMissing(false);
          if (wrong) state.clear();
        }}
        onComplete={submit}
      />
    </FormDialog>
  );
}
