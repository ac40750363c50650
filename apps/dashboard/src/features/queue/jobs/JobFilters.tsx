import type { ReactNode } from "react";
import { type Translate, useT } from "../../../lib/i18n/i18n.tsx";
import { withoutInvalid } from "../../../lib/search.ts";
import { Chip, FilterBar, type FilterChip } from "../../../ui/FilterBar.tsx";
import type { JobsSearch } from "../jobs.search.ts";

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
  return (
    <FilterBar
      chips={toChips(search, t)}
      onRemove={(id) => onChange({ [id]: undefined })}
      text={{ id: "q", label: t("queue.filter.text"), typed: t("queue.filter.typed") }}
      choices={[
        { id: "queue", name: t("queue.fact.queue"), options: toOptions(queues), isMono: true },
        { id: "name", name: t("queue.column.name"), options: toOptions(names), isMono: true },
        { id: "q", name: t("queue.filter.errors"), options: toOptions(errors) },
      ]}
      onAdd={(id, value) => onChange({ [id]: value })}
      invalid={search._invalid}
      onDropInvalid={(key) => onChange(withoutInvalid(search, key))}
      end={end}
    />
  );
}

/** The filters that are on; also in the empty list, where they are the reason. */
export function JobChips({ search, onChange }: Pick<JobFiltersProps, "search" | "onChange">) {
  const t = useT();
  return toChips(search, t).map((chip) => (
    <Chip key={chip.id} chip={chip} onRemove={() => onChange({ [chip.id]: undefined })} />
  ));
}

function toChips({ queue, name, q }: JobsSearch, t: Translate): readonly FilterChip[] {
  return [
    ...(queue === undefined ? [] : [{ id: "queue", name: t("queue.filter.queue"), value: queue }]),
    ...(name === undefined ? [] : [{ id: "name", name: t("queue.filter.name"), value: name }]),
    ...(q === undefined
      ? []
      : [{ id: "q", name: t("queue.filter.q"), operator: t("queue.filter.contains"), value: q }]),
  ];
}

function toOptions(values: readonly string[]) {
  return values.map((value) => ({ value, label: value }));
}
