import { ActionIcon, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { after } from "../lib/clock.ts";
import { useT } from "../lib/i18n/i18n.tsx";

const SHOWN_MS = 1500;

export interface CopyButtonProps {
  readonly value: string;
  /** What is copied, for the label: "request id". */
  readonly what: string;
}

export function CopyButton({ value, what }: CopyButtonProps) {
  const t = useT();
  const [copied, copy] = useCopy();
  return (
    <Tooltip label={copied ? t("ui.copied") : t("ui.copyOf", { what })}>
      <ActionIcon size="xs" aria-label={t("ui.copyOf", { what })} onClick={() => copy(value)}>
        {copied ? <Check size={14} className="ok" /> : <Copy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** `copied` is true for a moment after `copy`. */
export function useCopy(): readonly [boolean, (value: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? after(SHOWN_MS, () => setCopied(false)) : undefined), [copied]);
  const copy = (value: string): void => {
    // Refused without a secure context or a permission: the icon then stays as it is, which says so.
    navigator.clipboard?.writeText(value).then(
      () => setCopied(true),
      (error: unknown) => console.warn("The clipboard refused.", error),
    );
  };
  return [copied, copy];
}
