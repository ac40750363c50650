import { Checkbox } from "@mantine/core";
import { useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { RecoveryCodes } from "./RecoveryCodes.tsx";
import classes from "./Security.module.css";

export interface RecoveryCodesDialogProps {
  readonly codes: readonly string[];
  readonly subtitle?: string;
  onClose(): void;
}

/** Closes once whoever reads it says that the codes are stored: they are in force by now, and nowhere else to be had. */
export function RecoveryCodesDialog({ codes, subtitle, onClose }: RecoveryCodesDialogProps) {
  const t = useT();
  const box = useRef<HTMLInputElement>(null);
  const [isStored, setIsStored] = useState(false);
  const [isAsked, setIsAsked] = useState(false);
  const finish = (): void => {
    if (isStored) onClose();
    else {
      setIsAsked(true);
      box.current?.focus();
    }
  };
  return (
    <Dialog
      title={t("twoFactor.codes.title")}
      subtitle={subtitle}
      width={480}
      onClose={finish}
      onSubmit={finish}
      actions={
        <ActionButton
          size="md"
          type="submit"
          tone="primary"
          disabledReason={isStored ? undefined : t("twoFactor.codes.storedNeeded")}
        >
          {t("twoFactor.codes.done")}
        </ActionButton>
      }
    >
      <RecoveryCodes codes={codes} />
      <Checkbox
        ref={box}
        label={t("twoFactor.codes.stored")}
        classNames={{ error: classes.boxError ?? "" }}
        checked={isStored}
        error={isAsked && !isStored ? t("twoFactor.codes.storedNeeded") : undefined}
        onChange={(event) => setIsStored(event.currentTarget.checked)}
      />
    </Dialog>
  );
}
