import type { ReactNode } from "react";
import classes from "./Tabs.module.css";

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: ReactNode;
  /** Already written, with ≈ when it is an estimate. */
  readonly count?: string | undefined;
  readonly countTone?: "bad" | undefined;
}

export interface TabsProps<Id extends string> {
  readonly label: string;
  readonly items: readonly TabItem<Id>[];
  readonly value: Id;
  onChange(id: Id): void;
  /** Id of the element that the tabs switch. */
  readonly controls?: string;
}

/** A row of views of one thing. Arrow keys move, as in any tab list. */
export function Tabs<Id extends string>({ label, items, value, onChange, controls }: TabsProps<Id>) {
  const move = (event: React.KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("[role=tab]")];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const next =
      event.key === "Home"
        ? 0
        : event.key === "End"
          ? tabs.length - 1
          : step === undefined
            ? null
            : (at + step + tabs.length) % tabs.length;
    if (next === null) return;
    event.preventDefault();
    tabs[next]?.focus();
    const item = items[next];
    if (item) onChange(item.id);
  };
  return (
    <div className={classes.tabs} role="tablist" aria-label={label} onKeyDown={move}>
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="tab"
          className={classes.tab}
          aria-selected={item.id === value}
          aria-controls={controls}
          tabIndex={item.id === value ? 0 : -1}
          onClick={() => onChange(item.id)}
        >
          {item.label}
          {item.count === undefined ? null : (
            <span className={classes.count} data-tone={item.countTone}>
              {item.count}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
