import { useT } from "../../lib/i18n/i18n.tsx";
import { type Shortcut, useShortcuts } from "../../lib/keyboard.tsx";
import { usePreferences } from "../../lib/preferences.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { KeyHint } from "../../ui/KeyHint.tsx";
import { Notice } from "../../ui/Notice.tsx";
import classes from "./ShortcutSheet.module.css";

/** All keys that work at this moment. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [{ singleKeys }] = usePreferences();
  const shortcuts = unique(useShortcuts());
  const here = shortcuts.filter((shortcut) => shortcut.scope === "here");
  const everywhere = shortcuts.filter((shortcut) => shortcut.scope === "everywhere");
  return (
    <Dialog title={t("keys.title")} onClose={onClose} width={560}>
      {singleKeys ? null : <Notice tone="info" title={t("keys.singleOff")} />}
      {here.length > 0 ? <ShortcutList title={t("keys.here")} shortcuts={here} /> : null}
      <ShortcutList title={t("keys.everywhere")} shortcuts={everywhere} />
    </Dialog>
  );
}

function ShortcutList({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) {
  return (
    <section>
      <h3 className="muted">{title}</h3>
      <dl className={classes.list}>
        {shortcuts.map((shortcut) => (
          <div key={shortcut.keys} className={classes.row}>
            <dt>{shortcut.label}</dt>
            <dd>
              <span className="visually-hidden">{shortcut.keys}</span>
              <KeyHint keys={shortcut.keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Two panels may bind the same key; the one added last has it. */
function unique(shortcuts: readonly Shortcut[]): readonly Shortcut[] {
  return [...new Map(shortcuts.map((shortcut) => [shortcut.keys, shortcut])).values()];
}
