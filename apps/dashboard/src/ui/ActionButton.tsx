import { ActionIcon, type ActionIconProps, Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { KeyHint } from "./KeyHint.tsx";

export interface ActionButtonProps extends Omit<ButtonProps, "disabled" | "rightSection"> {
  /** Why it is off. A control that is off always says why, also to the keyboard: it stays focusable. */
  readonly disabledReason?: string | undefined;
  readonly keys?: string;
  readonly type?: "button" | "submit";
  onClick?(): void;
  readonly children: ReactNode;
}

/** Also by touch: a control that is off does nothing else on a tap. */
const whyEvents = { hover: true, focus: true, touch: true } as const;

/** A button that acts. Destructive acts: `tone="danger"` is red words, `tone="danger-fill"` is the last step. */
export function ActionButton(props: ActionButtonProps & { readonly tone?: "danger" | "danger-fill" | "primary" }) {
  const { disabledReason, keys, tone, onClick, type = "button", children, ...rest } = props;
  const isOff = disabledReason !== undefined;
  const isFilled = tone === "primary" || tone === "danger-fill";
  const button = (
    <Button
      {...rest}
      {...(isFilled ? { variant: "filled", color: tone === "primary" ? "accent" : "bad" } : {})}
      {...(tone === "danger" && !isOff ? { c: "var(--bad)" } : {})}
      type={isOff ? "button" : type}
      {...(isOff ? { "aria-disabled": true, "data-disabled": true } : {})}
      rightSection={keys ? <KeyHint keys={keys} onFill={isFilled && !isOff} /> : undefined}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
    >
      {children}
    </Button>
  );
  // Around a control that is on as well: one that goes off would be another element, and lose the focus.
  return (
    <Tooltip label={disabledReason} disabled={!isOff} events={whyEvents}>
      {button}
    </Tooltip>
  );
}

export interface IconActionProps extends Omit<ActionIconProps, "disabled"> {
  /** What it does; also its tooltip. */
  readonly label: string;
  readonly disabledReason?: string | undefined;
  onClick?(): void;
  readonly children: ReactNode;
}

export function IconAction({ label, disabledReason, onClick, children, ...rest }: IconActionProps) {
  const isOff = disabledReason !== undefined;
  return (
    <Tooltip label={disabledReason ?? label} {...(isOff ? { events: whyEvents } : {})}>
      <ActionIcon
        {...rest}
        aria-label={label}
        {...(isOff ? { "aria-disabled": true, "data-disabled": true } : {})}
        onClick={isOff ? (event) => event.preventDefault() : onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
