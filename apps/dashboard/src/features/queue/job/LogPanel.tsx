import { Button } from "@mantine/core";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import type { Attempt } from "../job.ts";
import { LogLines } from "./LogLines.tsx";

const LINES = 5;

/** The last lines of an attempt; all of them are under the tab. */
export function LogPanel({ attempt, onAll }: { attempt: Attempt | undefined; onAll(): void }) {
  const t = useT();
  if (!attempt || attempt.logs.length === 0) return null;
  return (
    <Panel
      title={t("queue.logs.last")}
      scope={t("queue.ofAttempt", { number: attempt.number })}
      divided
      end={
        attempt.logs.length > LINES ? (
          <Button size="xs" variant="subtle" onClick={onAll}>
            {t("queue.logs.all", { count: attempt.logs.length })}
          </Button>
        ) : undefined
      }
    >
      <LogLines lines={attempt.logs.slice(-LINES)} />
    </Panel>
  );
}
