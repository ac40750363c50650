import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { canUndoCancel, isActFor, type Job, type JobState } from "../job.ts";
import { type BulkAct, type BulkResult, runBulk } from "./bulk-run.ts";
import { BulkPreview } from "./BulkPreview.tsx";
import { BulkReport } from "./BulkReport.tsx";

interface BulkDialogProps {
  readonly act: BulkAct;
  /** As they were when the dialog opened. */
  readonly jobs: readonly Job[];
  onDone(id: string, state: JobState | "deleted"): void;
  /** With what was done; nothing when it was only looked at. */
  onClose(results: readonly BulkResult[]): void;
}

/** First what would happen, by state; then, job by job, what did. */
export function BulkDialog({ act, jobs, onDone, onClose }: BulkDialogProps) {
  const t = useT();
  const perform = useAct(act);
  const [stage, setStage] = useState<"preview" | "running" | "report">("preview");
  const [results, setResults] = useState<readonly BulkResult[]>([]);
  const [typed, setTyped] = useState("");
  const [stop] = useState(() => new AbortController());
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);

  const fitting = jobs.filter(({ state }) => isActFor(act, state));
  const count = fitting.length;
  const hasLostTime = act === "cancel" && fitting.some(({ state }) => !canUndoCancel(state));
  const isTyped = act !== "delete" || typed.trim() === String(count);
  const start = (): void => {
    if (stage !== "preview" || count === 0 || !isTyped) return;
    setStage("running");
    void runBulk({
      jobs: fitting,
      act: perform,
      signal: stop.signal,
      onResult: (result, state) => {
        if (state !== null) onDone(result.job.id, state);
        setResults((before) => [...before, result]);
      },
    }).then(() => isMounted.current && setStage("report"));
  };
  const close = (): void => {
    stop.abort();
    onClose(results);
  };
  const done = results.filter(({ refusal }) => refusal === null).length;
  const titleOf = (): string => {
    if (stage === "preview") return t(`queue.bulk.title.${act}`, { count: jobs.length });
    return stage === "running" ? t(`queue.bulk.go.${act}`, { count }) : t(`queue.bulk.did.${act}`, { count: done });
  };
  const offBecause =
    count === 0 ? t(`queue.bulk.nothing.${act}`) : isTyped ? undefined : t("confirm.mismatch", { word: String(count) });

  return (
    <Dialog
      title={titleOf()}
      onClose={close}
      onSubmit={start}
      footNote={stage === "preview" ? t(hasLostTime ? "queue.ask.cancel.lostTime" : `queue.bulk.note.${act}`) : null}
      actions={
        stage === "preview" ? (
          <>
            <Button size="md" onClick={close}>
              {t("ui.cancel")}
            </Button>
            <ActionButton
              size="md"
              type="submit"
              tone={act === "retry" ? "primary" : "danger-fill"}
              disabledReason={offBecause}
              {...(act === "delete" ? {} : { "data-autofocus": true })}
            >
              {t(`queue.bulk.go.${act}`, { count })}
            </ActionButton>
          </>
        ) : stage === "running" ? (
          <Button size="md" onClick={() => stop.abort()}>
            {t("queue.bulk.stop")}
          </Button>
        ) : (
          <Button size="md" onClick={close} data-autofocus>
            {t("ui.close")}
          </Button>
        )
      }
    >
      {stage === "preview" ? (
        <>
          <BulkPreview act={act} jobs={jobs} />
          {act === "delete" && count > 0 ? (
            <TextInput
              data-autofocus
              label={t("confirm.type", { word: String(count) })}
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          ) : null}
        </>
      ) : (
        <BulkReport act={act} results={results} total={count} isRunning={stage === "running"} />
      )}
    </Dialog>
  );
}

function useAct(act: BulkAct): (id: string) => Promise<JobState | "deleted"> {
  const retry = trpc.queue.jobs.retry.useMutation();
  const cancel = trpc.queue.jobs.cancel.useMutation();
  const remove = trpc.queue.jobs.delete.useMutation();
  return async (id) => {
    if (act === "delete") {
      await remove.mutateAsync({ id });
      return "deleted";
    }
    return (await { retry, cancel }[act].mutateAsync({ id })).state;
  };
}
