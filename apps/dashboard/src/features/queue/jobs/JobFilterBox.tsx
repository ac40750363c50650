import { Popover, TextInput } from "@mantine/core";
import { Plus, Search } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import type { FilterChoice } from "../../../ui/FilterBar.tsx";
import { KeyHint } from "../../../ui/KeyHint.tsx";
import type { JobsSearch } from "../jobs.search.ts";
import classes from "./JobFilterBox.module.css";
import { readTyped, type Typed } from "./typed-filter.ts";
import { typedPath } from "./where-text.ts";

/** More than fit into the list would only be scrolled past. */
const SHOWN_MAX = 8;

interface JobFilterBoxProps {
  readonly search: JobsSearch;
  /** Names, queues, tags and so on, by the parameter they go into. */
  readonly choices: readonly FilterChoice[];
  /** `input.user.id` and the like. */
  readonly paths: readonly string[];
  onFilter(part: Partial<JobsSearch>): void;
}

/** The dashed chip where a filter is typed: what it is understood as, and what else there is to filter by. */
export function JobFilterBox({ search, choices, paths, onFilter }: JobFilterBoxProps) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useShortcut("/", t("keys.filter"), () => setOpen(true));

  const needle = text.trim().toLowerCase();
  const readings = readTyped(text, search);
  const prefix = typedPath(text);
  const fittingPaths = paths.filter((path) => path.toLowerCase().includes(prefix?.toLowerCase() ?? needle));
  const shown = choices
    .map((choice) => ({
      ...choice,
      options: choice.options.filter(({ label }) => label.toLowerCase().includes(needle)),
    }))
    .filter(({ options }) => options.length > 0);

  const close = (): void => {
    setOpen(false);
    setText("");
  };
  const add = (part: Partial<JobsSearch>): void => {
    close();
    onFilter(part);
  };
  const write = (path: string): void => {
    setText(`${path} = `);
    field.current?.focus();
  };
  const submit = (): void => {
    const [first] = readings;
    if (first) add(first.part);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus returnFocus width={400}>
      <Popover.Target>
        <button type="button" className={classes.add} onClick={() => setOpen((before) => !before)}>
          <Plus size={14} aria-hidden />
          {t("filter.add")}
          <KeyHint keys="/" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.drop} aria-label={t("filter.addLabel")} onKeyDown={moveByArrows}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <TextInput
            ref={field}
            data-autofocus
            aria-label={t("queue.filter.text")}
            placeholder={t("queue.filter.text")}
            leftSection={<Search size={14} />}
            value={text}
            maxLength={400}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </form>
        <div className={classes.choices}>
          {readings.length > 0 ? <Readings readings={readings} onAdd={add} /> : null}
          {fittingPaths.length > 0 && !readings.some(({ kind }) => kind === "payload") ? (
            <Group name={t("queue.filter.paths")}>
              {fittingPaths.slice(0, SHOWN_MAX).map((path) => (
                <button key={path} type="button" className={classes.choice} data-mono onClick={() => write(path)}>
                  {path}
                  <span className="muted"> =</span>
                </button>
              ))}
            </Group>
          ) : null}
          {prefix === undefined
            ? shown.map((choice) => (
                <Group key={choice.name} name={choice.name}>
                  {choice.options.slice(0, SHOWN_MAX).map(({ value, label }) => (
                    <button
                      key={value}
                      type="button"
                      className={classes.choice}
                      data-mono={choice.isMono || undefined}
                      onClick={() => add({ [choice.id]: choice.id === "attempts" ? Number(value) : value })}
                    >
                      {label}
                    </button>
                  ))}
                </Group>
              ))
            : null}
        </div>
        <p className={classes.hint}>{t("queue.filter.hint")}</p>
      </Popover.Dropdown>
    </Popover>
  );
}

/** What Enter does is first. */
function Readings({ readings, onAdd }: { readings: readonly Typed[]; onAdd(part: Typed["part"]): void }) {
  const t = useT();
  return (
    <Group name={t("queue.filter.typed")}>
      {readings.map(({ kind, value, part }) => (
        <button key={kind} type="button" className={classes.choice} onClick={() => onAdd(part)}>
          <span className="muted">{t(`queue.filter.typed.${kind}`)}</span> <span className="medium">{value}</span>
        </button>
      ))}
    </Group>
  );
}

function Group({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div role="group" aria-label={name}>
      <p className={classes.label}>{name}</p>
      {children}
    </div>
  );
}

/** Down and up between the field and the choices; Tab goes through them as well. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("input, button")];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  event.preventDefault();
  stops[Math.min(stops.length - 1, Math.max(0, at + step))]?.focus();
}
