import { useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Keyboard, Languages, LogOut, SunMoon } from "lucide-react";
import { useMemo } from "react";
import { type Command, useOfferedCommands } from "../../lib/commands.tsx";
import { useT } from "../../lib/i18n/i18n.tsx";
import { languages, usePreferences } from "../../lib/preferences.tsx";
import { useMay } from "../../lib/session.tsx";
import { allPages } from "../navigation.ts";
import { useSignOut } from "../shell/AccountMenu.tsx";
import { languageNames } from "../shell/LanguageSwitch.tsx";
import { useFound } from "./use-found.ts";

const groupOrder: readonly Command["group"][] = ["here", "goTo", "found", "actions"];

/** What the palette lists for a query: commands of the page, pages, things found, actions of the app. */
export function usePaletteCommands(
  query: string,
  onOpenSheet: () => void,
): { readonly commands: readonly Command[]; readonly isFinding: boolean } {
  const offered = useOfferedCommands();
  const own = useAppCommands(onOpenSheet);
  const { found, isFinding } = useFound(query);
  const commands = useMemo(() => {
    const matching = [...offered, ...own].filter((command) => isMatch(command, query));
    return [...matching, ...found].sort((a, b) => groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group));
  }, [offered, own, found, query]);
  return { commands, isFinding };
}

/** Every word typed is somewhere in the title, the context or the other words. */
function isMatch(command: Command, query: string): boolean {
  const text = `${command.title} ${command.context ?? ""} ${command.words ?? ""}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function useAppCommands(onOpenSheet: () => void): readonly Command[] {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate();
  const leave = useSignOut();
  const { setColorScheme } = useMantineColorScheme();
  const [, setPreferences] = usePreferences();
  const pages = allPages
    .filter((item) => item.right === undefined || may(item.right))
    .map((item): Command => {
      const run = (): void => void navigate({ to: item.to });
      return {
        id: `go ${item.to}`,
        group: "goTo",
        title: t(item.label),
        words: item.to,
        icon: item.icon,
        keys: `g ${item.key}`,
        run,
      };
    });
  const themes = (["light", "dark", "auto"] as const).map((theme): Command => {
    const title = t("palette.theme", { theme: t(`header.theme.${theme}`) });
    return {
      id: `theme ${theme}`,
      group: "actions",
      title,
      icon: SunMoon,
      words: "theme",
      run: () => setColorScheme(theme),
    };
  });
  const tongues = languages.map((language): Command => {
    const title = t("palette.language", { language: languageNames[language] });
    return {
      id: language,
      group: "actions",
      title,
      icon: Languages,
      words: "language",
      run: () => setPreferences({ language }),
    };
  });
  return [
    ...pages,
    ...themes,
    ...tongues,
    { id: "sheet", group: "actions", title: t("account.shortcuts"), icon: Keyboard, keys: "?", run: onOpenSheet },
    { id: "sign-out", group: "actions", title: t("account.signOut"), icon: LogOut, run: leave },
  ];
}
