import { Link } from "@tanstack/react-router";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { type JobDetail, shortId } from "../job.ts";
import classes from "./RelatedPanel.module.css";

/** As many as the server names. */
const CHILDREN_MAX = 20;

/** The jobs that this one stored. */
export function RelatedPanel({ job }: { job: JobDetail }) {
  const t = useT();
  const { children } = job;
  if (children.length === 0) return null;
  return (
    <Panel
      title={t("queue.related")}
      scope={t(children.length >= CHILDREN_MAX ? "queue.related.first" : "queue.related.count", {
        count: children.length,
      })}
      flush
    >
      <ul>
        {children.map(({ id, name, state }) => (
          <li key={id} className={classes.child}>
            <Link to="/queue/jobs/$id" params={{ id }} className="mono">
              {shortId(id)}
            </Link>
            <span className="mono truncate">{name}</span>
            <StatusBadge status={jobStatus[state]} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
