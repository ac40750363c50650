import { Link } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Facts } from "../../../ui/Facts.tsx";
import { Meter } from "../../../ui/Meter.tsx";
import { PeekPanel, PeekSection } from "../../../ui/PeekPanel.tsx";
import { Time } from "../../../ui/Time.tsx";
import { shortId } from "../job.ts";
import type { WorkerActs } from "./use-worker-acts.ts";
import { stateOf, type WorkerRow } from "./worker.ts";
import { Drain, Heartbeat, LoopDelay, Version, WorkerBadge } from "./WorkerBits.tsx";
import classes from "./Workers.module.css";

interface WorkerPeekProps {
  readonly worker: WorkerRow;
  readonly versions: readonly string[];
  readonly asOf: string;
  readonly acts: WorkerActs;
  onClose(): void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

export function WorkerPeek({ worker, versions, asOf, acts, onClose, onPrevious, onNext }: WorkerPeekProps) {
  const t = useT();
  const isQuiet = worker.quietedAt !== null;
  useShortcut("Space", t("peek.close"), onClose);
  return (
    <PeekPanel
      label={t("queueWorkers.peek", { name: `${worker.host} ${worker.pid}` })}
      title={
        <>
          <span className="truncate">
            {worker.host} <span className="muted num">{worker.pid}</span>
          </span>
          <WorkerBadge worker={worker} soft />
        </>
      }
      actions={
        <>
          <ActionButton
            keys="p"
            leftSection={isQuiet ? <Play size={16} /> : <Pause size={16} />}
            disabledReason={acts.offBecause(worker)}
            onClick={() => acts.toggle(worker)}
          >
            {t(isQuiet ? "queueWorkers.resume" : "queueWorkers.quiet")}
          </ActionButton>
          <Drain worker={worker} />
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
    >
      {stateOf(worker) === "running" ? (
        <PeekSection>
          <p className="muted meta">{t("queueWorkers.quiet.why")}</p>
        </PeekSection>
      ) : null}
      <PeekSection title={t("queueWorkers.column.queues")}>
        <ul className={classes.queues}>
          {worker.queues.map(({ name, slots, used }) => (
            <li key={name} className={classes.queue}>
              <Link to="/queue/jobs" search={{ queue: name }} className="mono truncate">
                {name}
              </Link>
              <Meter
                share={slots === 0 ? 0 : used / slots}
                label={t("queueWorkers.slots.ofQueue", { queue: name })}
                tone={used >= slots && slots > 0 ? "warn" : "accent"}
              />
              <span className="num">
                {used}/{slots}
              </span>
            </li>
          ))}
        </ul>
      </PeekSection>
      <Jobs worker={worker} asOf={asOf} />
      <PeekSection>
        <Facts facts={useWorkerFacts(worker, versions, asOf)} />
      </PeekSection>
    </PeekPanel>
  );
}

function Jobs({ worker, asOf }: { worker: WorkerRow; asOf: string }) {
  const t = useT();
  const format = useFormat();
  return (
    <PeekSection title={t("queueWorkers.jobs")} end={t("queueWorkers.jobs.order")}>
      {worker.jobs.length === 0 ? (
        <p className="muted meta">{t("queueWorkers.jobs.none")}</p>
      ) : (
        <ul className={classes.jobs}>
          {worker.jobs.map((job) => (
            <li key={job.id} className={classes.job}>
              <Link to="/queue/jobs/$id" params={{ id: job.id }} className="mono">
                {shortId(job.id)}
              </Link>
              <span className="truncate mono">{job.name}</span>
              <span className="muted num">
                {job.progress === null ? null : `${format.percent(job.progress, 0)} · `}
                {format.duration(Math.max(0, Date.parse(asOf) - Date.parse(job.startedAt)))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </PeekSection>
  );
}

function useWorkerFacts(worker: WorkerRow, versions: readonly string[], asOf: string) {
  const t = useT();
  const format = useFormat();
  return [
    {
      label: t("queueWorkers.idLabel"),
      value: (
        <span className={classes.id}>
          <code className="mono">{worker.id}</code>
          <CopyButton value={worker.id} what={t("queueWorkers.id")} />
        </span>
      ),
    },
    { label: t("queueWorkers.column.version"), value: <Version worker={worker} versions={versions} /> },
    { label: t("queueWorkers.role"), value: t(`queueWorkers.role.${worker.role}`) },
    { label: t("queueWorkers.column.started"), value: <Time at={worker.startedAt} as="dateTime" /> },
    { label: t("queueWorkers.column.heartbeat"), value: <Heartbeat worker={worker} asOf={asOf} /> },
    { label: t("queueWorkers.column.loop"), value: <LoopDelay worker={worker} /> },
    {
      label: t("queueWorkers.column.memory"),
      value: worker.memoryBytes === null ? "—" : format.bytes(worker.memoryBytes),
    },
    ...(worker.quietedAt === null
      ? []
      : [
          { label: t("queueWorkers.quietedAt"), value: <Time at={worker.quietedAt} as="dateTime" /> },
          { label: t("queueWorkers.quietedBy"), value: worker.quietedBy ?? t("queue.fact.unknown") },
        ]),
  ];
}
