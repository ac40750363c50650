import { NativeSelect, SegmentedControl, Switch, useMantineColorScheme } from "@mantine/core";
import { useId } from "react";
import { languageNames } from "../../app/shell/LanguageSwitch.tsx";
import { useNow } from "../../lib/clock.ts";
import { browserTimeZone, useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { languages, usePreferences } from "../../lib/preferences.tsx";
import { useMe } from "../../lib/session.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { PasskeysPanel } from "../security/PasskeysPanel.tsx";
import { PasswordPanel } from "../security/PasswordPanel.tsx";
import { SessionsPanel } from "../security/SessionsPanel.tsx";
import { TwoFactorPanel } from "../security/TwoFactorPanel.tsx";
import classes from "./MePage.module.css";
import { SettingsTabs } from "./SettingsTabs.tsx";

export function MePage() {
  const t = useT();
  return (
    <Page title={t("settings.title")}>
      <SettingsTabs value="me" />
      <div className={classes.columns}>
        <div className={classes.column}>
          <Profile />
          <PasswordPanel />
          <TwoFactorPanel />
          <PasskeysPanel />
        </div>
        <div className={classes.column}>
          <SessionsPanel />
          <Appearance />
          <Keyboard />
        </div>
      </div>
    </Page>
  );
}

function Profile() {
  const t = useT();
  const { user, via, rights } = useMe();
  return (
    <Panel title={t("settings.profile")} divided>
      <Facts
        facts={[
          { label: t("settings.profile.name"), value: user.name },
          { label: t("settings.profile.email"), value: user.email },
          { label: t("settings.profile.role"), value: <Tag strong>{t(`role.${user.role}`)}</Tag> },
          { label: t("settings.profile.via"), value: t(`settings.profile.via.${via}`) },
          { label: t("settings.profile.rights"), value: t("settings.profile.rightsCount", { count: rights.length }) },
        ]}
      />
    </Panel>
  );
}

function Appearance() {
  const t = useT();
  const [preferences, setPreferences] = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title={t("settings.appearance")} scope={t("settings.device")} divided>
      <div className={classes.fields}>
        <Choice
          label={t("settings.theme")}
          value={colorScheme}
          onChange={setColorScheme}
          options={(["auto", "light", "dark"] as const).map((id) => ({ value: id, label: t(`header.theme.${id}`) }))}
        />
        <Choice
          label={t("settings.density")}
          value={preferences.density}
          onChange={(density) => setPreferences({ density })}
          options={(["comfortable", "default", "compact"] as const).map((id) => ({
            value: id,
            label: t(`settings.density.${id}`),
          }))}
        />
        <Choice
          label={t("settings.language")}
          value={preferences.language}
          onChange={(language) => setPreferences({ language })}
          options={languages.map((id) => ({ value: id, label: languageNames[id] }))}
        />
        <ZoneField />
      </div>
    </Panel>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  onChange(value: Value): void;
}

function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <div>
      <p id={id} className={classes.label}>
        {label}
      </p>
      <SegmentedControl
        aria-labelledby={id}
        size="md"
        value={value}
        onChange={(next) => {
          const option = options.find((each) => each.value === next);
          if (option) onChange(option.value);
        }}
        data={options.map((option) => ({ ...option }))}
      />
    </div>
  );
}

function ZoneField() {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const [{ timeZone }, setPreferences] = usePreferences();
  return (
    <NativeSelect
      label={t("settings.zone")}
      description={t("settings.zone.now", { time: `${format.time(now)} ${format.zoneLabel}` })}
      inputWrapperOrder={["label", "input", "description"]}
      value={timeZone ?? ""}
      onChange={(event) => setPreferences({ timeZone: event.currentTarget.value || null })}
      data={[
        { value: "", label: t("settings.zone.browser", { zone: browserTimeZone() }) },
        { value: "UTC", label: "UTC" },
        ...Intl.supportedValuesOf("timeZone"),
      ]}
    />
  );
}

function Keyboard() {
  const t = useT();
  const [{ singleKeys }, setPreferences] = usePreferences();
  return (
    <Panel title={t("settings.keyboard")} scope={t("settings.device")} divided>
      <Switch
        label={t("settings.keys")}
        description={t("settings.keys.hint")}
        checked={singleKeys}
        onChange={(event) => setPreferences({ singleKeys: event.currentTarget.checked })}
      />
    </Panel>
  );
}
