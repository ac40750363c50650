import { TextInput } from "@mantine/core";
import { useId, useMemo } from "react";
import { useNow } from "../../../lib/clock.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { isTimeZone } from "./schedule-form.ts";
import { useZoned } from "./zoned.ts";

interface ZoneFieldProps {
  readonly value: string;
  onChange(zone: string): void;
}

/** A zone by its name: typed, and found among those there are by any part of it. */
export function ZoneField({ value, onChange }: ZoneFieldProps) {
  const t = useT();
  const id = useId();
  const isKnown = isTimeZone(value.trim());
  const zones = useMemo(() => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")], []);
  return (
    <>
      <TextInput
        label={t("queueSchedules.field.zone")}
        description={isKnown ? <NowThere zone={value.trim()} /> : undefined}
        inputWrapperOrder={["label", "input", "description", "error"]}
        list={id}
        value={value}
        autoComplete="off"
        spellCheck={false}
        error={isKnown ? undefined : t("queueSchedules.zoneBad")}
        onChange={(event) => onChange(event.currentTarget.value)}
        // Otherwise the list shows only the zone that is chosen already.
        onFocus={(event) => event.currentTarget.select()}
      />
      <datalist id={id}>
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

function NowThere({ zone }: { zone: string }) {
  const t = useT();
  const minute = Math.floor(useNow(10_000) / 60_000) * 60_000;
  const { moment } = useZoned(zone);
  return t("queueSchedules.nowThere", { time: moment(new Date(minute).toISOString()) });
}
