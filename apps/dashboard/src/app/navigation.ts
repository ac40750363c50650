import type { LinkProps } from "@tanstack/react-router";
import {
  Activity,
  Bug,
  CalendarClock,
  Database,
  Gauge,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  type LucideIcon,
  MonitorSmartphone,
  ScrollText,
  Server,
  Settings,
  SquareFunction,
  Users,
} from "lucide-react";
import type { PlainKey } from "../lib/i18n/i18n.tsx";
import type { Summary } from "../lib/live-source.ts";

/** A page below one of the rail: the palette and the keys lead to it, the rail does not. */
export interface SubPage {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: PlainKey;
  readonly icon: LucideIcon;
  /** Second key of `g …`. */
  readonly key: string;
  /** Shown to those who may call it. */
  readonly right?: string;
}

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
  readonly pages?: readonly SubPage[];
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
        pages: [
          { to: "/queue/errors", label: "nav.errors", icon: Bug, key: "e" },
          { to: "/queue/schedules", label: "nav.schedules", icon: CalendarClock, key: "d" },
          { to: "/queue/workers", label: "nav.workers", icon: Server, key: "w" },
        ],
      },
      { to: "/cache", label: "nav.cache", icon: Database, key: "c" },
      { to: "/limits", label: "nav.limits", icon: Gauge, key: "l", isPrimary: true },
      { to: "/activity", label: "nav.activity", icon: Activity, key: "v" },
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

/** Those of the rail, each followed by the pages below it. */
export const allPages: readonly SubPage[] = navItems.flatMap((item) => [item, ...(item.pages ?? [])]);

/** The entry a path belongs to: by its first segment, so that a detail page lights up its list. */
export function findNavItem(pathname: string): NavItem | undefined {
  const first = pathname.split("/")[1];
  return navItems.find((item) => item.to.split("/")[1] === first);
}
