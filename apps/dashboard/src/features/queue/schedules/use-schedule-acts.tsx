import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-schedules.ts";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ConfirmDialog } from "../../../ui/ConfirmDialog.tsx";
import { useToast } from "../../../ui/Toasts.tsx";
import { shortId } from "../job.ts";
import { DeletePreview } from "./DeletePreview.tsx";
import { isWhole, type Schedule, toCreateInput } from "./schedule.ts";

export type ScheduleAct = "toggle" | "runNow" | "edit" | "delete";

const ScheduleDialog = lazy(async () => ({ default: (await import("./ScheduleDialog.tsx")).ScheduleDialog }));

export interface ScheduleActs {
  /** Why an act is off, or undefined. */
  offBecause(act: ScheduleAct, schedule: Schedule): string | undefined;
  /** Pauses or resumes and runs at once; asks first to delete. Does nothing when it is off. */
  start(act: ScheduleAct, schedule: Schedule): void;
  readonly createOff: string | undefined;
  create(): void;
  readonly dialog: ReactNode;
}

const rights = {
  toggle: "queue.schedules.update",
  edit: "queue.schedules.update",
  runNow: "queue.schedules.runNow",
  delete: "queue.schedules.delete",
} as const satisfies Readonly<Record<ScheduleAct, string>>;

type Opened =
  | { readonly what: "create" }
  | { readonly what: "edit"; readonly schedule: Schedule }
  | { readonly what: "delete"; readonly schedule: Schedule };

/** What can be done to a schedule. `onDeleted` is called once it is gone. */
export function useScheduleActs({ onDeleted }: { readonly onDeleted?: () => void } = {}): ScheduleActs {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const [opened, setOpened] = useState<Opened>();
  const create = trpc.queue.schedules.create.useMutation();
  const update = trpc.queue.schedules.update.useMutation();
  const runNow = trpc.queue.schedules.runNow.useMutation();
  const remove = trpc.queue.schedules.delete.useMutation();

  const open = (id: string): void => void navigate({ to: "/queue/schedules/$id", params: { id } });
  const fail = (title: string, error: unknown): void => {
    toast({ tone: "bad", title, detail: toAppError(error).message });
  };

  const toggle = async (schedule: Schedule, isUndo = false): Promise<void> => {
    const { id, name } = schedule;
    const isPaused = schedule.pausedAt === null;
    try {
      const saved = await update.mutateAsync({ id, isPaused });
      utils.queue.schedules.get.setData({ id }, saved);
      toast({
        tone: "ok",
        title: t(isPaused ? "queueSchedules.did.pause" : "queueSchedules.did.resume", { name }),
        ...(isUndo ? {} : { onUndo: () => void toggle(saved, true) }),
      });
    } catch (error) {
      fail(t(isPaused ? "queueSchedules.didNot.pause" : "queueSchedules.didNot.resume", { name }), error);
    }
    void utils.queue.schedules.invalidate();
  };
  const run = async ({ id, name }: Schedule): Promise<void> => {
    try {
      const { jobId } = await runNow.mutateAsync({ id });
      toast({
        tone: "ok",
        title: t("queueSchedules.did.runNow", { name }),
        detail: t("queueSchedules.did.runNow.job", { id: shortId(jobId) }),
        action: {
          label: t("ui.open"),
          run: () => void navigate({ to: "/queue/jobs/$id", params: { id: jobId } }),
        },
      });
    } catch (error) {
      fail(t("queueSchedules.didNot.runNow", { name }), error);
    }
    void utils.queue.schedules.invalidate();
  };
  /** The same again, under another id: its history went with the first. */
  const recreate = async (schedule: Schedule): Promise<void> => {
    const { name } = schedule;
    try {
      const { id } = await create.mutateAsync(toCreateInput(schedule));
      if (schedule.pausedAt !== null) await update.mutateAsync({ id, isPaused: true });
      toast({
        tone: "ok",
        title: t("queueSchedules.did.recreate", { name }),
        action: { label: t("ui.open"), run: () => open(id) },
      });
    } catch (error) {
      fail(t("queueSchedules.didNot.recreate", { name }), error);
    }
    void utils.queue.schedules.invalidate();
  };
  const confirmDelete = (schedule: Schedule): void =>
    remove.mutate(
      { id: schedule.id },
      {
        onSuccess: () => {
          setOpened(undefined);
          onDeleted?.();
          toast({
            tone: "ok",
            title: t("queueSchedules.did.delete", { name: schedule.name }),
            ...(isWhole(schedule) ? { onUndo: () => void recreate(schedule) } : {}),
          });
          void utils.queue.schedules.list.invalidate();
        },
      },
    );

  const offBecause: ScheduleActs["offBecause"] = (act, { origin }) =>
    gate(rights[act]) ??
    (origin === "definition" && (act === "edit" || act === "delete") ? t("queueSchedules.off.ofCode") : undefined);
  const createOff = gate("queue.schedules.create");
  const close = (): void => setOpened(undefined);
  const onSaved = (isNew: boolean) => (saved: Schedule) => {
    close();
    utils.queue.schedules.get.setData({ id: saved.id }, saved);
    void utils.queue.schedules.invalidate();
    toast({
      tone: "ok",
      title: t(isNew ? "queueSchedules.did.create" : "queueSchedules.did.edit", { name: saved.name }),
      ...(isNew ? { action: { label: t("ui.open"), run: () => open(saved.id) } } : {}),
    });
  };

  return {
    offBecause,
    start: (act, schedule) => {
      if (offBecause(act, schedule) !== undefined) return;
      if (act === "toggle") void toggle(schedule);
      else if (act === "runNow") void run(schedule);
      else {
        remove.reset();
        setOpened({ what: act, schedule });
      }
    },
    createOff,
    create: () => {
      if (createOff === undefined) setOpened({ what: "create" });
    },
    dialog: (
      <>
        {opened?.what === "delete" ? (
          <ConfirmDialog
            danger
            width={560}
            title={t("queueSchedules.delete", { name: opened.schedule.name })}
            body={<DeletePreview schedule={opened.schedule} />}
            confirmLabel={t("queueSchedules.delete.confirm")}
            footNote={t(isWhole(opened.schedule) ? "queueSchedules.delete.note" : "confirm.irreversible")}
            isBusy={remove.isPending}
            error={remove.error}
            onConfirm={() => confirmDelete(opened.schedule)}
            onClose={close}
          />
        ) : null}
        {opened?.what === "create" || opened?.what === "edit" ? (
          <Suspense>
            <ScheduleDialog
              schedule={opened.what === "edit" ? opened.schedule : undefined}
              onSaved={onSaved(opened.what === "create")}
              onClose={close}
            />
          </Suspense>
        ) : null}
      </>
    ),
  };
}
