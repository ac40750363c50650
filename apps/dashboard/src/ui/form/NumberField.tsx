import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";

export interface NumberFieldProps {
  readonly label: ReactNode;
  readonly description?: ReactNode;
  readonly error?: ReactNode;
  readonly required?: boolean;
  readonly isRequired: boolean;
  readonly value: unknown;
  /** NaN for text that is no number, so that the check finds it; undefined for an optional field that is empty. */
  onChange(value: number | undefined): void;
}

/** A number typed as text: `1e`, `-` and an empty field are steps on the way and must not be thrown away. */
export function NumberField({ isRequired, value, onChange, ...field }: NumberFieldProps) {
  const [text, setText] = useState(() => (typeof value === "number" ? String(value) : ""));
  const isOurs = toNumber(text) === value || (Number.isNaN(value) && Number.isNaN(toNumber(text)));
  const shown = isOurs || (value === undefined && text === "") ? text : typeof value === "number" ? String(value) : "";
  return (
    <TextInput
      {...field}
      inputMode="decimal"
      value={shown}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        const number = toNumber(typed);
        onChange(number === undefined && isRequired ? undefined : number);
      }}
    />
  );
}

function toNumber(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}
