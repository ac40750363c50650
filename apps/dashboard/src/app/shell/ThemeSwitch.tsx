import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Check, Monitor, Moon, Sun, SunMoon } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";

const themes = [
  { id: "auto", icon: Monitor },
  { id: "light", icon: Sun },
  { id: "dark", icon: Moon },
] as const;

export function ThemeSwitch() {
  const t = useT();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("header.theme")}>
          <SunMoon size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {themes.map(({ id, icon: Icon }) => (
          <Menu.Item
            key={id}
            role="menuitemradio"
            aria-checked={id === colorScheme}
            leftSection={<Icon size={14} />}
            rightSection={id === colorScheme ? <Check size={14} /> : null}
            onClick={() => setColorScheme(id)}
          >
            {t(`header.theme.${id}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** To the other of light and dark, whatever the system says. */
export function useThemeToggle(): () => void {
  const { setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme();
  return () => setColorScheme(shown === "dark" ? "light" : "dark");
}
