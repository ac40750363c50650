import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Monitor, Moon, Sun, SunMoon } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { MenuChoice } from "../../ui/MenuChoice.tsx";

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
          <MenuChoice key={id} icon={Icon} isChosen={id === colorScheme} onChoose={() => setColorScheme(id)}>
            {t(`header.theme.${id}`)}
          </MenuChoice>
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
