import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import classes from "./Page.module.css";

export interface Crumb {
  readonly label: string;
  /** Path; the last crumb has none. */
  readonly to?: string;
}

export interface PageProps {
  /** Also the document's title. */
  readonly title: string;
  /** Instead of the title in the heading. */
  readonly heading?: ReactNode;
  /** Beside the heading: a badge, an id with its copy button. */
  readonly aside?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  /** At most three, one of them filled. */
  readonly actions?: ReactNode;
  /** The heading is for assistive technology only; the overview has none to see. */
  readonly isHeadingHidden?: boolean;
  /** The content takes the height of the window and scrolls inside its last panel; for lists. */
  readonly fill?: boolean;
  /** A `PeekPanel`, beside the content. */
  readonly peek?: ReactNode;
  readonly children: ReactNode;
}

export function Page(props: PageProps) {
  const t = useT();
  const { title } = props;
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [t, title]);
  return (
    <div className={classes.frame}>
      <div className={classes.content} data-fill={props.fill || undefined}>
        {props.crumbs ? <Crumbs crumbs={props.crumbs} /> : null}
        {props.isHeadingHidden ? (
          <h1 className="visually-hidden">{title}</h1>
        ) : (
          <header className={classes.head}>
            <h1 className={classes.heading}>{props.heading ?? title}</h1>
            {props.aside ? <div className={classes.aside}>{props.aside}</div> : null}
            {props.actions ? <div className={classes.actions}>{props.actions}</div> : null}
          </header>
        )}
        {props.children}
      </div>
      {props.peek}
    </div>
  );
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  const t = useT();
  return (
    <nav aria-label={t("nav.crumbs")} className={classes.crumbs}>
      {crumbs.map((crumb, index) => (
        <span key={crumb.label} className={classes.crumb}>
          {index > 0 ? <ChevronRight size={14} className="muted" aria-hidden /> : null}
          {crumb.to ? <Link to={crumb.to}>{crumb.label}</Link> : <span aria-current="page">{crumb.label}</span>}
        </span>
      ))}
    </nav>
  );
}
