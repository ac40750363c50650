import { Button, Menu } from "@mantine/core";
import { ChevronDown, Clock } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { MenuChoice } from "../../ui/MenuChoice.tsx";
import { rangeNames, useTimeRange } from "../../lib/time-range.ts";

/** The window of time that all pages show. Kept in the address. */
export function RangeControl({ isShort }: { isShort?: boolean }) {
  const t = useT();
  const { range, setRange } = useTimeRange();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          aria-label={`${t("header.range")}: ${t(`range.${range}`)}`}
          leftSection={isShort ? undefined : <Clock size={14} />}
          rightSection={<ChevronDown size={14} />}
        >
          {t(isShort ? `range.${range}.short` : `range.${range}`)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {rangeNames.map((name) => (
          <MenuChoice key={name} isChosen={name === range} onChoose={() => setRange(name)}>
            {t(`range.${name}`)}
          </MenuChoice>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
