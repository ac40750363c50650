import { Button, Menu } from "@mantine/core";
import { CircleAlert, Link2, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import { useShortcut } from "../lib/keyboard.tsx";
import type { InvalidParams } from "../lib/search.ts";
import { useCopy } from "./CopyButton.tsx";
import { FilterByText, type TextFilter } from "./FilterByText.tsx";
import { KeyHint } from "./KeyHint.tsx";
import classes from "./FilterBar.module.css";

export interface FilterChip {
  readonly id: string;
  readonly name: string;
  /** Already in words: `t("filter.is")`. */
  readonly operator?: string;
  readonly value: string;
}

/** A filter that may be added: its choices, or an own element such as a field. */
export interface FilterChoice {
  readonly id: string;
  readonly name: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** Names of procedures, jobs and keys. */
  readonly isMono?: boolean;
}

export interface FilterBarProps {
  readonly chips: readonly FilterChip[];
  onRemove(id: string): void;
  readonly choices?: readonly FilterChoice[];
  /** A filter that is typed, beside the choices. */
  readonly text?: TextFilter;
  onAdd?(id: string, value: string): void;
  /** Instead of the choices: an own way to add a filter. */
  readonly add?: ReactNode;
  /** Parameters of the address that were not understood. */
  readonly invalid?: InvalidParams | undefined;
  onDropInvalid?(key: string): void;
  /** A search field, before the chips. */
  readonly search?: ReactNode;
  /** Ghost buttons at the right, before Copy link. */
  readonly end?: ReactNode;
}

export function FilterBar(props: FilterBarProps) {
  const { chips, choices = [], invalid = {} } = props;
  const t = useT();
  const [copied, copy] = useCopy();
  const invalidKeys = Object.keys(invalid);
  return (
    <div className={classes.bar} role="group" aria-label={t("filter.bar")}>
      <div className={classes.row}>
        {props.search}
        {chips.map((chip) => (
          <Chip key={chip.id} chip={chip} onRemove={() => props.onRemove(chip.id)} />
        ))}
        {invalidKeys.map((key) => (
          <Chip
            key={key}
            isInvalid
            chip={{ id: key, name: key, operator: "=", value: invalid[key] ?? "" }}
            onRemove={() => props.onDropInvalid?.(key)}
          />
        ))}
        {props.add ?? null}
        {props.text ? (
          <FilterByText text={props.text} choices={choices} onAdd={(id, value) => props.onAdd?.(id, value)} />
        ) : choices.length > 0 ? (
          <AddFilter choices={choices} onAdd={(id, value) => props.onAdd?.(id, value)} />
        ) : null}
        <div className={classes.end}>
          {props.end}
          <Button
            size="xs"
            variant="subtle"
            leftSection={<Link2 size={14} />}
            onClick={() => copy(window.location.href)}
          >
            {copied ? t("ui.copied") : t("filter.copyLink")}
          </Button>
        </div>
      </div>
      {invalidKeys.map((key) => (
        <p key={key} className={classes.sentence} role="status">
          <CircleAlert size={14} className="bad" aria-hidden />
          {t("filter.invalid", { name: key, value: invalid[key] ?? "" })}
        </p>
      ))}
    </div>
  );
}

export function Chip(props: { chip: FilterChip; isInvalid?: boolean; onRemove?: () => void }) {
  const { chip, isInvalid, onRemove } = props;
  const t = useT();
  return (
    <span className={classes.chip} data-invalid={isInvalid || undefined}>
      <span className={classes.words}>
        <span className="muted">{[chip.name, chip.operator ?? t("filter.is")].join(" ").trim()}</span>{" "}
        <span className="medium">{chip.value}</span>
      </span>
      {onRemove ? (
        <button
          type="button"
          className={classes.remove}
          aria-label={t("filter.remove", { name: chip.name })}
          onClick={onRemove}
        >
          <X size={12} aria-hidden />
        </button>
      ) : null}
    </span>
  );
}

function AddFilter({
  choices,
  onAdd,
}: {
  choices: readonly FilterChoice[];
  onAdd: (id: string, value: string) => void;
}) {
  const t = useT();
  const [opened, setOpened] = useState(false);
  useShortcut("/", t("keys.filter"), () => setOpened(true));
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start">
      <Menu.Target>
        <button type="button" className={classes.add}>
          <Plus size={14} aria-hidden />
          {t("filter.add")}
          <KeyHint keys="/" />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
        {choices.map((choice) => (
          <div key={choice.id} role="group" aria-label={choice.name}>
            <Menu.Label>{choice.name}</Menu.Label>
            {choice.options.map((option) => (
              <Menu.Item key={option.value} onClick={() => onAdd(choice.id, option.value)}>
                {option.label}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
