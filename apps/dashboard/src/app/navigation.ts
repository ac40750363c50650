import type { LinkProps } from "@tanstack/react-router";
import {
  Database,
  Gauge,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  type LucideIcon,
  MonitorSmartphone,
  ScrollText,
  Settings,
  SquareFunction,
  Users,
} from "lucide-react";
import type { PlainKey } from "../lib/i18n/i18n.tsx";
import type { Summary } from "../lib/live-source.ts";

export interface NavItem {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: PlainKey;
  readonly icon: LucideIcon;
  /** Second key of `g …`. */
  readonly key: string;
  /** Shown to those who may call it. */
  readonly right?: string;
  /** One of the four in the bottom bar of a phone. */
  readonly isPrimary?: boolean;
  /** What an operator should act on; nothing is shown for 0. */
  count?(summary: Summary): number;
}

export interface NavGroup {
  readonly id: string;
  readonly label?: PlainKey;
  readonly items: readonly NavItem[];
}

/** THE list of the rail. A page is in it when it is written, and not before. */
export const navigation: readonly NavGroup[] = [
  {
    id: "observe",
    label: "nav.observe",
    items: [
      { to: "/overview", label: "nav.overview", icon: LayoutDashboard, key: "o", isPrimary: true },
      { to: "/procedures", label: "nav.procedures", icon: SquareFunction, key: "p" },
      { to: "/audit", label: "nav.audit", icon: ScrollText, key: "a", right: "audit.list" },
    ],
  },
  {
    id: "operate",
    label: "nav.operate",
    items: [
      {
        to: "/queue/jobs",
        label: "nav.queue",
        icon: ListChecks,
        key: "q",
        isPrimary: true,
        count: ({ queue }) => queue.failed,
      },
      { to: "/cache", label: "nav.cache", icon: Database, key: "c" },
      { to: "/limits", label: "nav.limits", icon: Gauge, key: "l", isPrimary: true },
    ],
  },
  {
    id: "people",
    label: "nav.people",
    items: [
      { to: "/users", label: "nav.users", icon: Users, key: "u", isPrimary: true },
      { to: "/sessions", label: "nav.sessions", icon: MonitorSmartphone, key: "n" },
      { to: "/keys", label: "nav.keys", icon: KeyRound, key: "y" },
    ],
  },
  { id: "settings", items: [{ to: "/settings/me", label: "nav.settings", icon: Settings, key: "s" }] },
];

export const navItems: readonly NavItem[] = navigation.flatMap((group) => group.items);

/** The entry a path belongs to: by its first segment, so that a detail page lights up its list. */
export function findNavItem(pathname: string): NavItem | undefined {
  const first = pathname.split("/")[1];
  return navItems.find((item) => item.to.split("/")[1] === first);
}
