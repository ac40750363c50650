import { Lock } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { JobDetail } from "../job.ts";
import classes from "./Redacted.module.css";

/** Which parts nobody is shown: the job's definition says so. */
export function Redacted({ job: { redacted } }: { job: JobDetail }) {
  const t = useT();
  if (redacted.length === 0) return null;
  return (
    <p className={classes.line}>
      <Lock size={12} aria-hidden />
      <span>{t("queue.redacted", { paths: redacted.join(", ") })}</span>
    </p>
  );
}
