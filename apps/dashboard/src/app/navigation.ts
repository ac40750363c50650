import type { LinkProps } from "@tanstack/react-router";
import { type LucideIcon, Settings } from "lucide-react";
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
  { id: "settings", items: [{ to: "/settings/me", label: "nav.settings", icon: Settings, key: "s" }] },
];

export const navItems: readonly NavItem[] = navigation.flatMap((group) => group.items);

/** The entry a path belongs to: by its first segment, so that a detail page lights up its list. */
export function findNavItem(pathname: string): NavItem | undefined {
  const first = pathname.split("/")[1];
  return navItems.find((item) => item.to.split("/")[1] === first);
}
