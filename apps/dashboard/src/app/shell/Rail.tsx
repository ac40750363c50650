import { Tooltip } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useLive } from "../../lib/live.tsx";
import { useFormat } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.tsx";
import { useMay } from "../../lib/session.tsx";
import { IconAction } from "../../ui/ActionButton.tsx";
import { findNavItem, type NavItem, navigation } from "../navigation.ts";
import { AccountMenu } from "./AccountMenu.tsx";
import { Logo } from "./Logo.tsx";
import classes from "./Rail.module.css";
import type { Overlay } from "./Shell.tsx";
import { useMediaQuery } from "@mantine/hooks";

export function Rail({ onOpen }: { onOpen: (overlay: Overlay) => void }) {
  const t = useT();
  const may = useMay();
  const [{ railCollapsed }, setPreferences] = usePreferences();
  const isTight = useMediaQuery("(max-width: 1099px)", false, { getInitialValueInEffect: false });
  const isCollapsed = railCollapsed || isTight;
  return (
    <nav className={classes.rail} aria-label={t("nav.label")} data-collapsed={isCollapsed || undefined}>
      <div className={classes.brand}>
        {isCollapsed ? null : <Logo />}
        {isCollapsed ? null : <span className={classes.name}>{t("app.name")}</span>}
        {isTight ? (
          <Logo />
        ) : (
          <IconAction
            size="xs"
            className={classes.toggle ?? ""}
            label={t(isCollapsed ? "nav.expand" : "nav.collapse")}
            onClick={() => setPreferences({ railCollapsed: !railCollapsed })}
          >
            {isCollapsed ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
          </IconAction>
        )}
      </div>
      <div className={classes.groups}>
        {navigation.map((group) => {
          const items = group.items.filter((item) => item.right === undefined || may(item.right));
          if (items.length === 0) return null;
          return (
            <div key={group.id} className={classes.group} role="group" aria-label={group.label && t(group.label)}>
              {group.label && !isCollapsed ? <h2 className={classes.label}>{t(group.label)}</h2> : null}
              {items.map((item) => (
                <RailLink key={item.to} item={item} isCollapsed={isCollapsed} />
              ))}
            </div>
          );
        })}
      </div>
      <AccountMenu isCollapsed={isCollapsed} onOpen={onOpen} />
    </nav>
  );
}

function RailLink({ item, isCollapsed }: { item: NavItem; isCollapsed: boolean }) {
  const t = useT();
  const format = useFormat();
  const { summary } = useLive();
  const isHere = useLocation({ select: ({ pathname }) => findNavItem(pathname)?.to === item.to });
  const count = summary && item.count ? item.count(summary) : 0;
  const Icon = item.icon;
  const link = (
    <Link
      to={item.to}
      className={classes.link}
      activeOptions={{ exact: false, includeSearch: false }}
      // Also on the pages beside the one it leads to.
      data-here={isHere || undefined}
      aria-label={isCollapsed ? t(item.label) : undefined}
    >
      <Icon size={16} aria-hidden />
      {isCollapsed ? null : <span className="truncate">{t(item.label)}</span>}
      {count > 0 ? (
        <span className={classes.count} title={t("nav.failedJobs", { count })}>
          {isCollapsed ? <span className={classes.dot} /> : format.compact(count)}
        </span>
      ) : null}
    </Link>
  );
  return isCollapsed ? (
    <Tooltip label={t(item.label)} position="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
