import { ActionIcon, Menu } from "@mantine/core";
import { ArrowUpRight, Ban, FastForward, MoreHorizontal, RotateCw, Trash2 } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { isActFor, type Job, type JobAct, shortId } from "../job.ts";
import type { JobActs } from "../use-job-acts.tsx";

const icons = { retry: RotateCw, runNow: FastForward, cancel: Ban, delete: Trash2 } as const;
const order = ["retry", "runNow", "cancel", "delete"] as const satisfies readonly JobAct[];

interface JobRowActionsProps {
  readonly job: Job;
  readonly acts: JobActs;
  onOpen(job: Job): void;
}

/** What can be done with the job in the state it is in. */
export function JobRowActions({ job, acts, onOpen }: JobRowActionsProps) {
  const t = useT();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="xs" aria-label={t("table.rowMenu", { name: `${job.name} ${shortId(job.id)}` })}>
          <MoreHorizontal size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {order
          .filter((act) => isActFor(act, job.state))
          .map((act) => {
            const Icon = icons[act];
            const offBecause = acts.offBecause(act);
            return (
              <Menu.Item
                key={act}
                leftSection={<Icon size={14} />}
                {...(act === "delete" && offBecause === undefined ? { c: "var(--bad)" } : {})}
                disabled={offBecause !== undefined}
                title={offBecause}
                onClick={() => acts.start(act, job)}
              >
                {t(`queue.act.${act}`)}
              </Menu.Item>
            );
          })}
        <Menu.Divider />
        <Menu.Item leftSection={<ArrowUpRight size={14} />} onClick={() => onOpen(job)}>
          {t("ui.open")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
