import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { after } from "../lib/clock.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { useShortcut } from "../lib/keyboard.tsx";
import { KeyHint } from "./KeyHint.tsx";

const TYPING_MS = 250;

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  /** After typing has paused for 250 ms. */
  onChange(value: string): void;
  /** Pixels. Default 232. */
  readonly width?: number;
}

/** A field that filters a list; `/` goes to it. */
export function SearchField({ label, value, onChange, width = 232 }: SearchFieldProps) {
  const t = useT();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => setTyped(value), [value]);
  useEffect(() => (typed === value ? undefined : after(TYPING_MS, () => latest.current(typed))), [typed, value]);
  useShortcut("/", t("keys.filter"), () => field.current?.focus());
  return (
    <TextInput
      ref={field}
      size="xs"
      type="search"
      w={width}
      maw="100%"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      leftSection={<Search size={14} />}
      leftSectionWidth={28}
      rightSection={typed === "" ? <KeyHint keys="/" /> : null}
      rightSectionPointerEvents="none"
    />
  );
}
