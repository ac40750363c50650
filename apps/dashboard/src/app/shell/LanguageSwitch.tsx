import { ActionIcon, Button, Menu } from "@mantine/core";
import { Languages } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Language, languages, usePreferences } from "../../lib/preferences.tsx";
import { MenuChoice } from "../../ui/MenuChoice.tsx";

/** Each in its own words, so that it is found by who reads no other. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", "zh-CN": "简体中文" };

export function LanguageSwitch({ withName }: { withName?: boolean }) {
  const t = useT();
  const [{ language }, setPreferences] = usePreferences();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        {withName ? (
          <Button
            variant="subtle"
            aria-label={`${t("header.language")}: ${languageNames[language]}`}
            leftSection={<Languages size={16} />}
          >
            {languageNames[language]}
          </Button>
        ) : (
          <ActionIcon aria-label={t("header.language")}>
            <Languages size={16} />
          </ActionIcon>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map((id) => (
          <MenuChoice key={id} isChosen={id === language} onChoose={() => setPreferences({ language: id })}>
            <span lang={id}>{languageNames[id]}</span>
          </MenuChoice>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
