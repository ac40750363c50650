import { Pause, Play, Plus } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { type Command, useCommands } from "../../../lib/commands.tsx";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { EnqueueStart } from "../enqueue/EnqueueDialog.tsx";
import type { QueueRow } from "../job.ts";
import type { QueuePause } from "../use-queue-pause.ts";

interface JobCommandsOptions {
  readonly queues: readonly QueueRow[];
  readonly pause: QueuePause;
  readonly enqueueOff: string | undefined;
  onEnqueue(start: EnqueueStart): void;
}

/** Enqueue, and pause or resume of each queue, in the palette. */
export function useJobCommands({ queues, pause, enqueueOff, onEnqueue }: JobCommandsOptions): void {
  const t = useT();
  const latest = useRef({ pause, onEnqueue });
  useEffect(() => {
    latest.current = { pause, onEnqueue };
  });
  // Known by name, state and reason alone: the figures of a queue change each second, its command does not.
  const key = JSON.stringify(
    queues.map(({ name, paused }) => ({ name, paused, off: pause.offBecause({ name, paused }) })),
  );
  useCommands(
    useMemo(() => {
      const enqueue: Command = {
        id: "queue.enqueue",
        title: t("queue.enqueue.title"),
        icon: Plus,
        keys: "n",
        group: "here",
        disabledReason: enqueueOff,
        run: () => latest.current.onEnqueue({}),
      };
      const states = JSON.parse(key) as readonly { name: string; paused: boolean; off?: string }[];
      const pauses = states.map(({ name, paused, off }): Command => ({
        id: `queue.pause.${name}`,
        title: t(paused ? "queue.resumeNamed" : "queue.pauseNamed", { name }),
        icon: paused ? Play : Pause,
        group: "here",
        disabledReason: off,
        run: () => latest.current.pause.toggle({ name, paused }),
      }));
      return [enqueue, ...pauses];
    }, [t, key, enqueueOff]),
  );
}
