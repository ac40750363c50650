import { TextInput } from "@mantine/core";
import { useT } from "../../lib/i18n/i18n.tsx";

const RATE_MAX = 1_000_000;

/** Undefined for text that is no rate; null for an empty field, which is no limit. */
export function parseRate(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const rate = Number(text);
  return Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX ? rate : undefined;
}

/** Calls a minute; empty for none beside those of each class. */
export function RateField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const t = useT();
  return (
    <TextInput
      size="md"
      label={t("apiKeys.rate")}
      description={t("apiKeys.rateHint")}
      inputWrapperOrder={["label", "input", "description", "error"]}
      inputMode="numeric"
      autoComplete="off"
      value={value}
      error={parseRate(value) === undefined ? t("apiKeys.rateBad", { max: RATE_MAX }) : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
