import { isMac } from "../lib/keyboard.tsx";
import classes from "./KeyHint.module.css";

const signs: Readonly<Record<string, string>> = { Enter: "↵", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** Keys as caps: `r`, `g o`, `mod+k`. Not read out: the control beside it has the name. */
export function KeyHint({ keys, onFill }: { keys: string; onFill?: boolean }) {
  return (
    <span className={classes.hint} aria-hidden>
      {keys.split(" ").map((key) => (
        <kbd key={key} className={classes.key} data-on-fill={onFill || undefined}>
          {labelOf(key)}
        </kbd>
      ))}
    </span>
  );
}

export function labelOf(key: string): string {
  if (!key.startsWith("mod+")) return signs[key] ?? key;
  const rest = key.slice(4);
  const last = signs[rest] ?? (rest.length === 1 ? rest.toUpperCase() : rest);
  return isMac() ? `⌘ ${last}` : `Ctrl ${last}`;
}
