import { Link } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import classes from "./QueueTabs.module.css";

const pages = [
  { to: "/queue/jobs", label: "nav.jobs" },
  { to: "/queue/errors", label: "nav.errors" },
  { to: "/queue/schedules", label: "nav.schedules" },
  { to: "/queue/workers", label: "nav.workers" },
] as const;

/** From one page of the queue to the others; beside the heading of each. */
export function QueueTabs() {
  const t = useT();
  return (
    <nav className={classes.tabs} aria-label={t("nav.queuePages")}>
      {pages.map(({ to, label }) => (
        <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: false, includeSearch: false }}>
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}
