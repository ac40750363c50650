import { useMemo } from "react";
import { nowMs } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { Column } from "../../ui/table/column.ts";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import classes from "./Audit.module.css";
import { type AuditEvent, changesOf, shortId } from "./changes.ts";

const CHANGES_SHOWN = 3;

/** `isTight`: beside an open panel, which has the change in full. */
export function useAuditColumns(isTight: boolean): readonly Column<AuditEvent>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(() => {
    const today = format.date(nowMs());
    const isToday = (at: string): boolean => format.date(at) === today;
    const all: readonly Column<AuditEvent>[] = [
      {
        id: "at",
        header: t("audit.at"),
        width: 160,
        cell: (row) => <Time at={row.at} as={isToday(row.at) ? "time" : "dateTime"} />,
      },
      { id: "actor", header: t("audit.actor"), width: 200, cell: (row) => <Actor event={row} /> },
      { id: "action", header: t("audit.action"), width: 168, look: "mono", cell: (row) => row.action },
      {
        id: "outcome",
        header: t("audit.outcome"),
        width: isTight ? 116 : 150,
        cell: (row) => (
          <span className={classes.outcome} title={row.code ?? undefined}>
            <StatusBadge status={row.outcome} />
            {row.undoneBy ? <Tag>{t("audit.undone")}</Tag> : null}
          </span>
        ),
      },
      {
        id: "target",
        header: t("audit.target"),
        ...(isTight ? {} : { width: 168 }),
        cell: (row) =>
          row.targetType ? (
            <span title={row.targetId ?? undefined}>
              <span className="muted">{row.targetType}</span>{" "}
              {row.targetId ? <code className="mono">{shortId(row.targetId)}</code> : null}
            </span>
          ) : (
            <span className="muted">—</span>
          ),
      },
      { id: "change", header: t("audit.change"), look: "muted", cell: (row) => row.code ?? summaryOf(row) },
    ];
    return isTight ? all.filter(({ id }) => id !== "change") : all;
  }, [t, format, isTight]);
}

function Actor({ event }: { event: AuditEvent }) {
  const t = useT();
  if (event.keyName) {
    return (
      <span title={event.actorEmail ?? undefined}>
        {event.keyName} <Tag>{t("audit.via.key")}</Tag>
      </span>
    );
  }
  return event.actorEmail ? (
    <span>{event.actorEmail}</span>
  ) : (
    <span className="muted">{t(`audit.via.${event.via}`)}</span>
  );
}

function summaryOf(event: AuditEvent): string {
  return changesOf(event)
    .changed.slice(0, CHANGES_SHOWN)
    .map(({ key, before, after }) => (before === undefined ? `${key} ${after}` : `${key} ${before} → ${after ?? "—"}`))
    .join(", ");
}
