import { ActionIcon, UnstyledButton } from "@mantine/core";
import { Link, useMatches, useRouterState } from "@tanstack/react-router";
import { Globe, Search } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { KeyHint } from "../../ui/KeyHint.tsx";
import { findNavItem } from "../navigation.ts";
import classes from "./Header.module.css";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import { LiveBadge } from "./LiveBadge.tsx";
import { Logo } from "./Logo.tsx";
import { RangeControl } from "./RangeControl.tsx";
import type { Overlay } from "./Shell.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

export function Header({ onOpen }: { onOpen: (overlay: Overlay) => void }) {
  const t = useT();
  const format = useFormat();
  const isNarrow = useIsNarrow();
  const usesRange = useMatches({ select: (matches) => matches.some((match) => match.staticData.usesRange) });
  if (isNarrow) {
    return (
      <header className={classes.header}>
        <Logo size={20} />
        <PageName />
        <div className={classes.end}>
          <LiveBadge isShort />
          {usesRange ? <RangeControl isShort /> : null}
          <ActionIcon aria-label={t("header.search")} onClick={() => onOpen("palette")}>
            <Search size={16} />
          </ActionIcon>
        </div>
      </header>
    );
  }
  return (
    <header className={classes.header}>
      <UnstyledButton className={classes.search} onClick={() => onOpen("palette")}>
        <Search size={14} aria-hidden />
        <span className="truncate">{t("header.search")}</span>
        <span className={classes.searchKeys}>
          <KeyHint keys="mod+k" />
        </span>
      </UnstyledButton>
      <div className={classes.end}>
        {usesRange ? <RangeControl /> : null}
        <LiveBadge />
        <span className={classes.divider} aria-hidden />
        <Link
          to="/settings/me"
          className={classes.zone}
          title={t("header.zone", { label: format.zoneLabel, zone: format.timeZone })}
          aria-label={t("header.zone", { label: format.zoneLabel, zone: format.timeZone })}
        >
          <Globe size={14} aria-hidden />
          <span className="num">{format.zoneLabel}</span>
        </Link>
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
    </header>
  );
}

function PageName() {
  const t = useT();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const item = findNavItem(pathname);
  return <span className={classes.page}>{t(item?.label ?? "app.name")}</span>;
}
