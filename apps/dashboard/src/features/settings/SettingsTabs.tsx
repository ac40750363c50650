import { useNavigate } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Tabs } from "../../ui/Tabs.tsx";

export type SettingsTab = "me" | "system" | "access";

/** Over each page of the settings. */
export function SettingsTabs({ value }: { value: SettingsTab }) {
  const t = useT();
  const navigate = useNavigate();
  return (
    <Tabs
      label={t("settings.title")}
      value={value}
      onChange={(id) => void navigate({ to: `/settings/${id}`, search: {} })}
      items={[
        { id: "me", label: t("settings.me") },
        { id: "system", label: t("settings.system") },
        { id: "access", label: t("settings.access") },
      ]}
    />
  );
}
