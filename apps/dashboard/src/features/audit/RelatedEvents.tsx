import { Link } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { PeekSection } from "../../ui/PeekPanel.tsx";
import classes from "./Audit.module.css";
import type { AuditEvent } from "./changes.ts";

/** The event that this one took back, and the one that took this one back. */
export function RelatedEvents({ event: { undoes, undoneBy } }: { event: AuditEvent }) {
  const t = useT();
  if (undoes === null && undoneBy === null) return null;
  return (
    <PeekSection title={t("audit.related")}>
      <ul className={classes.related}>
        {undoes ? <RelatedEvent id={undoes} label={t("audit.undoes")} /> : null}
        {undoneBy ? <RelatedEvent id={undoneBy} label={t("audit.undoneBy")} /> : null}
      </ul>
    </PeekSection>
  );
}

function RelatedEvent({ id, label }: { id: string; label: string }) {
  const t = useT();
  const format = useFormat();
  const { data: event } = trpc.audit.get.useQuery({ id });
  return (
    <li>
      <Undo2 size={14} className="muted" aria-hidden />
      <span className="muted">{label}</span>{" "}
      <Link to="/audit" search={(before) => ({ ...before, peek: id })}>
        {event ? <code className="mono">{event.action}</code> : id.slice(-8)}
      </Link>
      {event ? (
        <span className="muted">
          {t("audit.related.by", {
            who: event.keyName ?? event.actorEmail ?? t(`audit.via.${event.via}`),
            time: format.dateTime(event.at),
          })}
        </span>
      ) : null}
    </li>
  );
}
