import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import { type TabItem, Tabs } from "../../../ui/Tabs.tsx";
import { type JobState, jobStates, type QueueRow } from "../job.ts";

type StateTab = JobState | "all";

/** From here on a count says no more than "at least". */
const COUNT_CAP = 10_000;

interface StateTabsProps {
  /** Of the queues in view; undefined until the first answer. */
  readonly queues: readonly QueueRow[] | undefined;
  readonly value: JobState | undefined;
  onChange(state: JobState | undefined): void;
}

export function StateTabs({ queues, value, onChange }: StateTabsProps) {
  const t = useT();
  const format = useFormat();
  const count = (states: readonly JobState[]): string | undefined => {
    if (!queues) return undefined;
    const counts = queues.flatMap((queue) => states.map((state) => queue.counts[state]));
    const sum = format.number(counts.reduce((total, each) => total + each, 0));
    return counts.some((each) => each >= COUNT_CAP) ? `≥ ${sum}` : sum;
  };
  const hasFailed = queues?.some((queue) => queue.counts.discarded > 0) ?? false;
  const items: TabItem<StateTab>[] = [
    { id: "all", label: t("queue.tab.all"), count: count(jobStates) },
    ...jobStates.map((state): TabItem<StateTab> => ({
      id: state,
      label: t(`status.${jobStatus[state]}`),
      count: count([state]),
      ...(state === "discarded" && hasFailed ? { countTone: "bad" } : {}),
    })),
  ];
  return (
    <Tabs
      label={t("queue.tabs")}
      items={items}
      value={value ?? "all"}
      onChange={(tab) => onChange(tab === "all" ? undefined : tab)}
    />
  );
}
