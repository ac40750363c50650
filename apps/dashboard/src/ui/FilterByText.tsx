import { Popover, TextInput } from "@mantine/core";
import { Plus, Search } from "lucide-react";
import { useState } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import { useShortcut } from "../lib/keyboard.tsx";
import type { FilterChoice } from "./FilterBar.tsx";
import classes from "./FilterBar.module.css";
import { KeyHint } from "./KeyHint.tsx";

/** A filter whose value is typed. */
export interface TextFilter {
  readonly id: string;
  /** Of the field: what may be typed. */
  readonly label: string;
  /** Above what was typed, as one of the choices: "Error contains". */
  readonly typed: string;
}

export interface FilterByTextProps {
  readonly text: TextFilter;
  /** Those that fit what was typed are offered. */
  readonly choices: readonly FilterChoice[];
  onAdd(id: string, value: string): void;
}

/** The dashed chip where a filter may be typed: a field, and below it the choices that fit. */
export function FilterByText({ text, choices, onAdd }: FilterByTextProps) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  useShortcut("/", t("keys.filter"), () => setOpen(true));
  const wanted = typed.trim();
  const add = (id: string, value: string): void => {
    setOpen(false);
    setTyped("");
    onAdd(id, value);
  };
  const needle = wanted.toLowerCase();
  const groups: readonly FilterChoice[] = [
    ...(wanted === "" ? [] : [{ id: text.id, name: text.typed, options: [{ value: wanted, label: wanted }] }]),
    ...choices.map((choice) => ({
      ...choice,
      options: choice.options.filter(({ label }) => label.toLowerCase().includes(needle)),
    })),
  ];
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus returnFocus width={360}>
      <Popover.Target>
        <button type="button" className={classes.add} onClick={() => setOpen((before) => !before)}>
          <Plus size={14} aria-hidden />
          {t("filter.add")}
          <KeyHint keys="/" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.drop} aria-label={t("filter.addLabel")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted !== "") add(text.id, wanted);
          }}
        >
          <TextInput
            data-autofocus
            aria-label={text.label}
            placeholder={text.label}
            leftSection={<Search size={14} />}
            value={typed}
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </form>
        <div className={classes.choices}>
          {groups.map((group) =>
            group.options.length === 0 ? null : (
              <div key={`${group.id} ${group.name}`} role="group" aria-label={group.name}>
                <p className={classes.choiceLabel}>{group.name}</p>
                {group.options.map(({ value, label }) => (
                  <button
                    key={value}
                    type="button"
                    className={classes.choice}
                    data-mono={group.isMono || undefined}
                    onClick={() => add(group.id, value)}
                  >
                    {label}
                  </button>
                ))}
              </div>
            ),
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
