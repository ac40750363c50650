import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { PasswordDialog } from "./PasswordDialog.tsx";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog.tsx";
import { makeRecoveryCodes, stopTwoFactor } from "./security-calls.ts";

// With the drawing of QR codes, which nothing else needs.
const TwoFactorSetUp = lazy(async () => ({ default: (await import("./TwoFactorSetUp.tsx")).TwoFactorSetUp }));

const FEW_CODES = 3;

export function TwoFactorPanel() {
  const t = useT();
  const { security } = useMe();
  const [opened, setOpened] = useState<"set-up" | "codes" | "off">();
  const close = (): void => setOpened(undefined);
  const codesLeft = security.recoveryCodesLeft;
  return (
    <Panel
      title={t("twoFactor.title")}
      scope={
        <StatusBadge status={security.twoFactor ? "ok" : "cancelled"}>
          {t(security.twoFactor ? "twoFactor.on" : "twoFactor.off")}
        </StatusBadge>
      }
      end={
        security.twoFactor ? (
          <>
            <Button onClick={() => setOpened("codes")}>{t("twoFactor.newCodes")}</Button>
            <ActionButton tone="danger" onClick={() => setOpened("off")}>
              {t("twoFactor.turnOff")}
            </ActionButton>
          </>
        ) : (
          <Button onClick={() => setOpened("set-up")}>{t("twoFactor.setUp")}</Button>
        )
      }
      divided
    >
      <p className="muted">{t("twoFactor.body")}</p>
      {security.twoFactor && codesLeft !== null ? (
        <p className={codesLeft <= FEW_CODES ? "warn" : "muted"}>
          {t("twoFactor.codesLeft", { count: codesLeft })}
          {codesLeft <= FEW_CODES ? ` ${t("twoFactor.codesLow")}` : ""}
        </p>
      ) : null}
      <Suspense>{opened === "set-up" ? <TwoFactorSetUp onClose={close} /> : null}</Suspense>
      {opened === "codes" ? <NewCodes onClose={close} /> : null}
      {opened === "off" ? <TurnOff onClose={close} /> : null}
    </Panel>
  );
}

function NewCodes({ onClose }: { onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes) return <RecoveryCodesDialog codes={codes} onClose={onClose} />;
  return (
    <PasswordDialog
      title={t("twoFactor.regenerate.title")}
      body={t("twoFactor.regenerate.body")}
      submitLabel={t("twoFactor.regenerate.submit")}
      call={makeRecoveryCodes}
      onDone={(made) => {
        setCodes(made);
        void utils.access.me.invalidate();
        toast({ tone: "ok", title: t("twoFactor.did.codes") });
      }}
      onClose={onClose}
    />
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const utils = trpc.useUtils();
  return (
    <PasswordDialog
      danger
      title={t("twoFactor.disable.title")}
      body={t("twoFactor.disable.body")}
      submitLabel={t("twoFactor.disable.submit")}
      call={stopTwoFactor}
      onDone={() => {
        void utils.access.invalidate();
        toast({ tone: "ok", title: t("twoFactor.did.off") });
        onClose();
      }}
      onClose={onClose}
    />
  );
}
