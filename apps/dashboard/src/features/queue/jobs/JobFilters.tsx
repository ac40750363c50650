import { type ReactNode, useMemo } from "react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { withoutInvalid } from "../../../lib/search.ts";
import { Chip, FilterBar, type FilterChoice } from "../../../ui/FilterBar.tsx";
import type { Outputs } from "../../../lib/trpc.ts";
import type { Job } from "../job.ts";
import { type JobsSearch, sinceNames } from "../jobs.search.ts";
import { inputPaths } from "./input-paths.ts";
import { searchChips, withoutChip } from "./job-filter.ts";
import { JobFilterBox } from "./JobFilterBox.tsx";

type Definition = Outputs["queue"]["definitions"]["items"][number];

interface JobFiltersProps {
  readonly search: JobsSearch;
  onChange(part: Partial<JobsSearch>): void;
  readonly queues: readonly string[];
  readonly definitions: readonly Definition[];
  /** Their errors, tags and keys are offered to filter by. */
  readonly rows: readonly Job[];
  readonly end?: ReactNode;
}

const OFFERED_MAX = 5;
const TRIES = ["2", "3", "5"];

export function JobFilters({ search, onChange, queues, definitions, rows, end }: JobFiltersProps) {
  const t = useT();
  const format = useFormat();
  const { name } = search;
  const paths = useMemo(
    () =>
      distinct(
        definitions
          .filter((each) => name === undefined || each.name === name)
          .flatMap((each) => inputPaths(each.inputSchema)),
      ),
    [definitions, name],
  );
  const choices: readonly FilterChoice[] = [
    { id: "queue", name: t("queue.fact.queue"), options: toOptions(queues), isMono: true },
    {
      id: "name",
      name: t("queue.column.name"),
      options: toOptions(definitions.map((each) => each.name)),
      isMono: true,
    },
    {
      id: "q",
      name: t("queue.filter.errors"),
      options: offered(rows.flatMap(({ errorMessage }) => errorMessage ?? [])),
    },
    { id: "tag", name: t("queue.filter.tags"), options: offered(rows.flatMap(({ tags }) => tags)), isMono: true },
    { id: "key", name: t("queue.filter.keys"), options: offered(rows.flatMap(({ key }) => key ?? [])), isMono: true },
    {
      id: "since",
      name: t("queue.filter.stored"),
      options: sinceNames.map((value) => ({ value, label: t(`queue.since.${value}`) })),
    },
    {
      id: "attempts",
      name: t("queue.column.tries"),
      options: TRIES.map((value) => ({ value, label: t("queue.filter.atLeastTries", { count: Number(value) }) })),
    },
  ];
  return (
    <FilterBar
      chips={searchChips(search, t, format)}
      onRemove={(id) => onChange(withoutChip(search, id))}
      add={<JobFilterBox search={search} choices={choices} paths={paths} onFilter={onChange} />}
      invalid={search._invalid}
      onDropInvalid={(key) => onChange(withoutInvalid(search, key))}
      end={end}
    />
  );
}

/** The filters that are on; also in the empty list, where they are the reason. */
export function JobChips({ search, onChange }: Pick<JobFiltersProps, "search" | "onChange">) {
  const t = useT();
  const format = useFormat();
  return searchChips(search, t, format).map((chip) => (
    <Chip key={chip.id} chip={chip} onRemove={() => onChange(withoutChip(search, chip.id))} />
  ));
}

function offered(values: readonly string[]) {
  return toOptions(distinct(values).slice(0, OFFERED_MAX));
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function toOptions(values: readonly string[]) {
  return values.map((value) => ({ value, label: value }));
}
