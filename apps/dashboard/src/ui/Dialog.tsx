import { Modal } from "@mantine/core";
import { X } from "lucide-react";
import { type ReactNode, useLayoutEffect } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import { IconAction } from "./ActionButton.tsx";
import { useIsTopDialog } from "./dialog-stack.tsx";
import classes from "./Dialog.module.css";

export interface DialogProps {
  readonly title: ReactNode;
  /** Under the title: the frozen filter, the object. */
  readonly subtitle?: ReactNode;
  readonly onClose: () => void;
  /** Left in the foot: what can be undone, and until when. */
  readonly footNote?: ReactNode;
  /** Right in the foot: the buttons. Without them there is no foot. */
  readonly actions?: ReactNode;
  /** Pixels. Default 640. */
  readonly width?: number;
  /** Makes the dialog a form; Enter in a field and Ctrl+Enter anywhere submit it. */
  readonly onSubmit?: () => void;
  readonly children: ReactNode;
}

/** Mounted while it is open. The element with `data-autofocus` has the focus first. */
export function Dialog(props: DialogProps) {
  const t = useT();
  const { onSubmit } = props;
  const isTop = useIsTopDialog();
  useFocusBack();
  useEscape(isTop, props.onClose);
  return (
    <Modal
      opened
      onClose={props.onClose}
      size={props.width ?? 640}
      closeOnEscape={false}
      trapFocus={isTop}
      {...(isTop ? {} : { className: classes.under ?? "" })}
    >
      <form
        className={classes.dialog}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          onSubmit?.();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }}
      >
        <div className={classes.head}>
          <div className={classes.titles}>
            <Modal.Title className={classes.title ?? ""}>{props.title}</Modal.Title>
            {props.subtitle ? <div className={classes.subtitle}>{props.subtitle}</div> : null}
          </div>
          <IconAction label={t("ui.close")} onClick={props.onClose}>
            <X size={16} />
          </IconAction>
        </div>
        <div className={classes.body}>{props.children}</div>
        {props.actions ? (
          <div className={classes.foot}>
            <div className={classes.note}>{props.footNote}</div>
            <div className={classes.actions}>{props.actions}</div>
          </div>
        ) : null}
      </form>
    </Modal>
  );
}

/**
 * Instead of Mantine's own, which listens some time after the dialog is there: whoever typed as soon as a field had the focus pressed
 * Escape for nothing. Menus and lists in the dialog keep theirs.
 */
function useEscape(isTop: boolean, onClose: () => void): void {
  useLayoutEffect(() => {
    if (!isTop) return undefined;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.isComposing) return;
      const isKept =
        event.target instanceof Element && event.target.getAttribute("data-mantine-stop-propagation") === "true";
      if (!isKept) onClose();
    };
    window.addEventListener("keydown", onKeyDown, { capture: true });
    return () => window.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [isTop, onClose]);
}

/**
 * Whoever opened it has the focus again once it is gone: Mantine gives it back only to dialogs that stay mounted. In the layout
 * phase, where a dialog that takes the place of another finds that one gone and the opener focused.
 */
function useFocusBack(): void {
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
}
