import { Modal } from "@mantine/core";
import { Search } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import type { Command } from "../../lib/commands.tsx";
import { type PlainKey, useT } from "../../lib/i18n/i18n.tsx";
import { KeyHint } from "../../ui/KeyHint.tsx";
import classes from "./Palette.module.css";
import { usePaletteCommands } from "./use-palette-commands.ts";

interface PaletteProps {
  onClose(): void;
  onOpenSheet(): void;
}

const groupLabels: Readonly<Record<Command["group"], PlainKey>> = {
  here: "palette.here",
  goTo: "palette.goTo",
  actions: "palette.actions",
  found: "palette.found",
};

/** Pages, actions and things, by typing. A combobox over one list box: the focus stays in the field. */
export function Palette({ onClose, onOpenSheet }: PaletteProps) {
  const t = useT();
  const listId = useId();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const { commands, isFinding } = usePaletteCommands(query, onOpenSheet);
  const activeIndex = Math.min(active, Math.max(0, commands.length - 1));

  const run = (command: Command | undefined): void => {
    if (!command || command.disabledReason !== undefined) return;
    onClose();
    command.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") run(commands[activeIndex]);
    else if (event.key === "ArrowDown") setActive(activeIndex + 1 >= commands.length ? 0 : activeIndex + 1);
    else if (event.key === "ArrowUp") setActive(activeIndex === 0 ? commands.length - 1 : activeIndex - 1);
    else return;
    event.preventDefault();
  };

  return (
    <Modal opened onClose={onClose} size={640} centered={false} yOffset={120} transitionProps={{ duration: 0 }}>
      <Modal.Title className="visually-hidden">{t("palette.title")}</Modal.Title>
      <div className={classes.field}>
        <Search size={16} className="muted" aria-hidden />
        <input
          className={classes.input}
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={commands.length > 0 ? `${listId}-${activeIndex}` : undefined}
          aria-label={t("palette.placeholder")}
          placeholder={t("palette.placeholder")}
          spellCheck={false}
          data-autofocus
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
        <KeyHint keys="Escape" />
      </div>
      <div id={listId} role="listbox" aria-label={t("palette.title")} className={classes.list}>
        {commands.map((command, index) => (
          <PaletteRow
            key={command.id}
            id={`${listId}-${index}`}
            command={command}
            heading={commands[index - 1]?.group === command.group ? undefined : t(groupLabels[command.group])}
            isActive={index === activeIndex}
            onHover={() => setActive(index)}
            onRun={() => run(command)}
          />
        ))}
      </div>
      <p role="status" className={commands.length === 0 ? classes.nothing : "visually-hidden"}>
        {isFinding ? t("palette.searching") : commands.length === 0 ? t("palette.nothing", { query }) : ""}
      </p>
      <div className={classes.foot} aria-hidden>
        <span>
          <KeyHint keys="ArrowUp ArrowDown" /> {t("palette.move")}
        </span>
        <span>
          <KeyHint keys="Enter" /> {t("palette.run")}
        </span>
      </div>
    </Modal>
  );
}

interface PaletteRowProps {
  readonly id: string;
  readonly command: Command;
  readonly heading: string | undefined;
  readonly isActive: boolean;
  onHover(): void;
  onRun(): void;
}

function PaletteRow({ id, command, heading, isActive, onHover, onRun }: PaletteRowProps) {
  const Icon = command.icon;
  const isOff = command.disabledReason !== undefined;
  return (
    <>
      {heading === undefined ? null : (
        <div className={classes.heading} role="presentation">
          {heading}
        </div>
      )}
      <div
        id={id}
        ref={(element) => {
          if (isActive) element?.scrollIntoView({ block: "nearest" });
        }}
        role="option"
        aria-selected={isActive}
        aria-disabled={isOff || undefined}
        className={classes.row}
        onMouseMove={isActive ? undefined : onHover}
        onClick={onRun}
      >
        <Icon size={16} aria-hidden />
        <span className="medium nowrap">{command.title}</span>
        <span className={classes.context}>{command.disabledReason ?? command.context}</span>
        {command.keys ? <KeyHint keys={command.keys} /> : null}
      </div>
    </>
  );
}
