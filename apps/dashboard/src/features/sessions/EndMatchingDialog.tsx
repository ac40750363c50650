import { Checkbox } from "@mantine/core";
import { Snowflake } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { FigureStrip } from "../../ui/FigureStrip.tsx";
import { Chip, type FilterChip } from "../../ui/FilterBar.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Time } from "../../ui/Time.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import type { SessionsFilter } from "./session.ts";
import { Device } from "./session-columns.tsx";
import classes from "./Sessions.module.css";

type Preview = Outputs["access"]["sessions"]["preview"];

export interface EndMatchingDialogProps {
  readonly filter: SessionsFilter;
  /** The filter in words. */
  readonly chips: readonly FilterChip[];
  onDone?(): void;
  onClose(): void;
}

/** Counts what a filter reaches, shows five of them, and ends those and no later ones. */
export function EndMatchingDialog({ filter, chips, onDone, onClose }: EndMatchingDialogProps) {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [includeCurrent, setIncludeCurrent] = useState(false);
  // Asked once per dialog and never again by itself: what is confirmed is what was shown.
  const preview = trpc.access.sessions.preview.useQuery(
    { ...filter, includeCurrent },
    { staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false },
  );
  const end = trpc.access.sessions.revokeAll.useMutation({
    onSuccess: ({ revoked, people }) => {
      toast({
        tone: "ok",
        title: t("sessionsPage.did.endAll", { count: revoked }),
        detail: t("sessionsPage.people", { count: people }),
      });
      void utils.access.sessions.invalidate();
      onDone?.();
      onClose();
    },
  });
  const found = preview.data;
  const count = found?.count ?? 0;
  return (
    <ConfirmDialog
      danger
      withReason
      width={640}
      title={t("sessionsPage.all.title")}
      subtitle={
        <>
          {found ? (
            <span className={classes.frozen}>
              <Snowflake size={14} aria-hidden />
              {t("sessionsPage.all.frozen", { time: format.time(found.asOf) })}
            </span>
          ) : null}
          {chips.length === 0 ? <span>{t("sessionsPage.all.noFilter")}</span> : null}
          {chips.map((chip) => (
            <Chip key={chip.id} chip={chip} />
          ))}
        </>
      }
      body={
        <div className={classes.preview}>
          <AsyncView query={preview} skeleton={<SkeletonLines lines={6} />}>
            {(data) => <DryRun preview={data} />}
          </AsyncView>
          <Checkbox
            label={t("sessionsPage.all.current")}
            checked={includeCurrent}
            onChange={(event) => setIncludeCurrent(event.currentTarget.checked)}
          />
        </div>
      }
      typed={count > 0 ? String(count) : undefined}
      confirmLabel={t("sessionsPage.all.submit", { count })}
      disabledReason={
        found === undefined ? t("sessions.endOthers.counting") : count === 0 ? t("sessionsPage.all.none") : undefined
      }
      footNote={t("sessionsPage.all.note")}
      isBusy={end.isPending}
      error={end.error}
      onConfirm={(reason) => {
        if (found) end.mutate({ ...filter, includeCurrent, asOf: found.asOf, ...(reason ? { reason } : {}) });
      }}
      onClose={onClose}
    />
  );
}

function DryRun({ preview }: { preview: Preview }) {
  const t = useT();
  const format = useFormat();
  const { count, people, skipped, sample } = preview;
  return (
    <>
      <FigureStrip
        label={t("sessionsPage.all.dryRun")}
        figures={[
          { label: t("sessionsPage.all.ends"), value: format.number(count) },
          { label: t("sessionsPage.all.people"), value: format.number(people) },
          { label: t("sessionsPage.all.skipped"), value: format.number(skipped) },
        ]}
      />
      {sample.length > 0 ? (
        <section>
          <h3 className={classes.sampleTitle}>{t("sessionsPage.all.sample", { count: sample.length })}</h3>
          <ul className={classes.sample}>
            {sample.map((session) => (
              <li key={session.id}>
                <span className="truncate">{session.email}</span>
                <Device session={session} />
                <span className="mono muted truncate">{session.address}</span>
                <Time at={session.lastSeenAt} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}
