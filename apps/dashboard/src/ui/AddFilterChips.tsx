import { Menu } from "@mantine/core";
import { Plus } from "lucide-react";
import type { FilterChoice } from "./FilterBar.tsx";
import classes from "./FilterBar.module.css";

export interface AddFilterChipsProps {
  /** Those that are not in use yet. */
  readonly choices: readonly FilterChoice[];
  onAdd(id: string, value: string): void;
}

/** One dashed chip per filter, beside a search field: that has the `/`, which a menu of all filters would take over. */
export function AddFilterChips({ choices, onAdd }: AddFilterChipsProps) {
  return choices.map((choice) => (
    <Menu key={choice.id} position="bottom-start">
      <Menu.Target>
        <button type="button" className={classes.add}>
          <Plus size={14} aria-hidden />
          {choice.name}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
        {choice.options.map((option) => (
          <Menu.Item key={option.value} onClick={() => onAdd(choice.id, option.value)}>
            {option.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  ));
}
