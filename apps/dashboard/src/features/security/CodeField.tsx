import { TextInput } from "@mantine/core";
import type { Ref } from "react";
import classes from "./Security.module.css";

export const CODE_LENGTH = 6;

export interface CodeFieldProps {
  readonly ref?: Ref<HTMLInputElement>;
  readonly label: string;
  readonly value: string;
  readonly error?: string | undefined;
  readonly isBusy?: boolean;
  readonly autoFocus?: boolean;
  /** Digits alone, at most six, however they were typed or pasted. */
  onChange(code: string): void;
  /** The sixth digit is there. */
  onComplete(code: string): void;
}

/** The code of an authenticator app: one field, so that pasting, autofill and speech work as anywhere. */
export function CodeField({ isBusy, onChange, onComplete, ...props }: CodeFieldProps) {
  return (
    <TextInput
      {...props}
      size="md"
      className={classes.code ?? ""}
      inputMode="numeric"
      autoComplete="one-time-code"
      spellCheck={false}
      readOnly={isBusy ?? false}
      data-autofocus
      onChange={(event) => {
        const code = event.currentTarget.value.replace(/\D/g, "").slice(0, CODE_LENGTH);
        onChange(code);
        if (code.length === CODE_LENGTH && code !== props.value) onComplete(code);
      }}
    />
  );
}
