import { Menu } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface MenuChoiceProps {
  readonly isChosen: boolean;
  /** At the end of the line. */
  readonly icon?: LucideIcon;
  onChoose(): void;
  readonly children: ReactNode;
}

/** One of several in a `Menu.Dropdown`, with a tick before the chosen one. Choosing closes the menu. */
export function MenuChoice({ isChosen, icon: Icon, onChoose, children }: MenuChoiceProps) {
  return (
    <Menu.RadioItem
      // Each is told whether it is chosen, so no group reads this.
      value=""
      checked={isChosen}
      closeMenuOnClick
      onChange={onChoose}
      rightSection={Icon ? <Icon size={14} aria-hidden /> : undefined}
    >
      {children}
    </Menu.RadioItem>
  );
}
