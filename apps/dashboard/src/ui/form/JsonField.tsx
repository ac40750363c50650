import { Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import classes from "./SchemaForm.module.css";

export interface JsonFieldProps {
  readonly label: ReactNode;
  readonly description?: ReactNode;
  readonly error?: ReactNode;
  readonly required?: boolean;
  readonly value: unknown;
  /** Only for text that is valid JSON; until then the last valid value stands, and the field says what is wrong. */
  onChange(value: unknown): void;
  /** Tells whether the text is valid at this moment, so that sending can wait for it. */
  onValidChange?(isValid: boolean): void;
  readonly rows?: number;
}

/** For shapes without a form, and for whoever prefers to write. */
export function JsonField({
  label,
  description,
  error,
  value,
  onChange,
  onValidChange,
  rows = 4,
  required,
}: JsonFieldProps) {
  const t = useT();
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [isValid, setIsValid] = useState(true);
  const change = (typed: string): void => {
    setText(typed);
    const parsed = parseJson(typed);
    setIsValid(parsed.isValid);
    onValidChange?.(parsed.isValid);
    if (parsed.isValid) onChange(parsed.value);
  };
  return (
    <Textarea
      label={
        <>
          {label}
          <span className={classes.optional}>{t("form.asJson")}</span>
        </>
      }
      description={description ?? t("form.asJsonWhy")}
      inputWrapperOrder={["label", "input", "description", "error"]}
      error={isValid ? error : t("form.json")}
      required={required ?? false}
      withAsterisk={false}
      className={classes.json ?? ""}
      rows={rows}
      spellCheck={false}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function parseJson(text: string): { readonly isValid: true; readonly value: unknown } | { readonly isValid: false } {
  if (text.trim() === "") return { isValid: true, value: undefined };
  try {
    return { isValid: true, value: JSON.parse(text) as unknown };
  } catch {
    return { isValid: false };
  }
}
