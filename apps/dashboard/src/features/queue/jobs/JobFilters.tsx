import { Button, Popover, TextInput } from "@mantine/core";
import { CircleAlert, Link2, Plus, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { useCopy } from "../../../ui/CopyButton.tsx";
import { Chip } from "../../../ui/FilterBar.tsx";
import { KeyHint } from "../../../ui/KeyHint.tsx";
import { withoutInvalid } from "../../../lib/search.ts";
import type { JobsSearch } from "../jobs.search.ts";
import classes from "./JobFilters.module.css";

interface JobFiltersProps {
  readonly search: JobsSearch;
  onChange(part: Partial<JobsSearch>): void;
  readonly queues: readonly string[];
  readonly names: readonly string[];
  /** Errors of the rows in view, to filter by. */
  readonly errors: readonly string[];
  readonly end?: ReactNode;
}

export function JobFilters({ search, onChange, queues, names, errors, end }: JobFiltersProps) {
  const t = useT();
  const [copied, copy] = useCopy();
  const invalid = Object.entries(search._invalid ?? {});
  return (
    <div className={classes.bar} role="group" aria-label={t("filter.bar")}>
      <div className={classes.row}>
        <JobChips search={search} onChange={onChange} />
        {invalid.map(([key, value]) => (
          <Chip
            key={key}
            isInvalid
            chip={{ id: key, name: key, operator: "=", value }}
            onRemove={() => onChange(withoutInvalid(search, key))}
          />
        ))}
        <AddFilter queues={queues} names={names} errors={errors} onAdd={onChange} />
        <div className={classes.end}>
          {end}
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
      {invalid.map(([key, value]) => (
        <p key={key} className={classes.sentence} role="status">
          <CircleAlert size={14} className="bad" aria-hidden />
          {t("filter.invalid", { name: key, value })}
        </p>
      ))}
    </div>
  );
}

/** The filters that are on; also in the empty list, where they are the reason. */
export function JobChips({ search, onChange }: Pick<JobFiltersProps, "search" | "onChange">) {
  const t = useT();
  const { queue, name, q } = search;
  return (
    <>
      {queue === undefined ? null : (
        <Chip
          chip={{ id: "queue", name: t("queue.filter.queue"), value: queue }}
          onRemove={() => onChange({ queue: undefined })}
        />
      )}
      {name === undefined ? null : (
        <Chip
          chip={{ id: "name", name: t("queue.filter.name"), value: name }}
          onRemove={() => onChange({ name: undefined })}
        />
      )}
      {q === undefined ? null : (
        <Chip
          chip={{ id: "q", name: t("queue.filter.q"), operator: t("queue.filter.contains"), value: q }}
          onRemove={() => onChange({ q: undefined })}
        />
      )}
    </>
  );
}

type AddFilterProps = Pick<JobFiltersProps, "queues" | "names" | "errors"> & { onAdd(part: Partial<JobsSearch>): void };

function AddFilter({ queues, names, errors, onAdd }: AddFilterProps) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  useShortcut("/", t("keys.filter"), () => setOpen(true));
  const add = (part: Partial<JobsSearch>): void => {
    setOpen(false);
    setTyped("");
    onAdd(part);
  };
  const needle = typed.trim().toLowerCase();
  const matching = (all: readonly string[]): string[] => all.filter((each) => each.toLowerCase().includes(needle));
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus returnFocus width={360}>
      <Popover.Target>
        <button type="button" className={classes.add} onClick={() => setOpen((before) => !before)}>
          <Plus size={14} aria-hidden />
          {t("filter.add")}
          <KeyHint keys="/" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.drop} aria-label={t("queue.filter.add")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() !== "") add({ q: typed.trim() });
          }}
        >
          <TextInput
            data-autofocus
            aria-label={t("queue.filter.text")}
            placeholder={t("queue.filter.text")}
            leftSection={<Search size={14} />}
            value={typed}
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </form>
        <div className={classes.choices}>
          {needle === "" ? null : (
            <Choices label={t("queue.filter.typed")} values={[typed.trim()]} onPick={(q) => add({ q })} />
          )}
          <Choices label={t("queue.fact.queue")} values={matching(queues)} onPick={(queue) => add({ queue })} mono />
          <Choices label={t("queue.column.name")} values={matching(names)} onPick={(name) => add({ name })} mono />
          <Choices label={t("queue.filter.errors")} values={matching(errors)} onPick={(q) => add({ q })} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices(props: { label: string; values: readonly string[]; onPick(value: string): void; mono?: boolean }) {
  if (props.values.length === 0) return null;
  return (
    <div role="group" aria-label={props.label}>
      <p className={classes.label}>{props.label}</p>
      {props.values.map((value) => (
        <button
          key={value}
          type="button"
          className={classes.choice}
          data-mono={props.mono || undefined}
          onClick={() => props.onPick(value)}
        >
          {value}
        </button>
      ))}
    </div>
  );
}
