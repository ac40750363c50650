import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { NOT_CONFIRMED, toAppError } from "../lib/errors.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { ActionButton } from "./ActionButton.tsx";
import { Dialog } from "./Dialog.tsx";
import { Notice } from "./Notice.tsx";

export interface FormDialogProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  /** Pixels. Default 640. */
  readonly width?: number;
  /** Verb and object: "Create key". */
  readonly submitLabel: string;
  /** The last step of a destructive act is filled red. */
  readonly danger?: boolean;
  /** Why the button is off. */
  readonly disabledReason?: string | undefined;
  readonly isBusy?: boolean;
  /** Of the last try, when no field shows it. */
  readonly error?: unknown;
  readonly footNote?: ReactNode;
  /** The button has the focus first: for a dialog without a field. */
  readonly isButtonFirst?: boolean;
  onSubmit(): void;
  onClose(): void;
  readonly children?: ReactNode;
}

/** Fields, a way out and the button that does it. Nothing is submitted while the button is off or the last try is under way. */
export function FormDialog(props: FormDialogProps) {
  const t = useT();
  const { disabledReason, isBusy = false, error, onClose } = props;
  return (
    <Dialog
      title={props.title}
      subtitle={props.subtitle}
      width={props.width ?? 640}
      onClose={onClose}
      onSubmit={() => {
        if (disabledReason === undefined && !isBusy) props.onSubmit();
      }}
      footNote={props.footNote}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            type="submit"
            tone={props.danger ? "danger-fill" : "primary"}
            disabledReason={disabledReason}
            loading={isBusy}
            {...(props.isButtonFirst ? { "data-autofocus": true } : {})}
          >
            {props.submitLabel}
          </ActionButton>
        </>
      }
    >
      {props.children}
      {error ? <Refusal error={error} /> : null}
    </Dialog>
  );
}

/** Quiet about what the person called off: nothing went wrong. */
function Refusal({ error }: { error: unknown }) {
  const { code, message } = toAppError(error);
  return <Notice tone={code === NOT_CONFIRMED ? "info" : "bad"} title={message} />;
}
