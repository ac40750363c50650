import { Menu, UnstyledButton } from "@mantine/core";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMay } from "../../lib/session.tsx";
import { findNavItem, navItems } from "../navigation.ts";
import { AccountItems } from "./AccountMenu.tsx";
import classes from "./BottomNav.module.css";
import type { Overlay } from "./Shell.tsx";

/** Four pages and a menu of the others, for a phone. */
export function BottomNav({ onOpen }: { onOpen: (overlay: Overlay) => void }) {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate();
  const here = useLocation({ select: ({ pathname }) => findNavItem(pathname)?.to });
  const allowed = navItems.filter((item) => item.right === undefined || may(item.right));
  const primary = allowed.filter((item) => item.isPrimary);
  return (
    <nav className={classes.bar} aria-label={t("nav.label")}>
      {primary.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className={classes.item}
          activeOptions={{ includeSearch: false }}
          data-here={here === to || undefined}
        >
          <Icon size={18} aria-hidden />
          <span className="truncate">{t(label)}</span>
        </Link>
      ))}
      <Menu position="top-end" width={220}>
        <Menu.Target>
          <UnstyledButton className={classes.item}>
            <Ellipsis size={18} aria-hidden />
            <span>{t("nav.more")}</span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {allowed
            .filter((item) => !item.isPrimary)
            .map(({ to, label, icon: Icon }) => (
              <Menu.Item key={to} leftSection={<Icon size={14} />} onClick={() => void navigate({ to })}>
                {t(label)}
              </Menu.Item>
            ))}
          <Menu.Divider />
          <AccountItems onOpen={onOpen} />
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}
