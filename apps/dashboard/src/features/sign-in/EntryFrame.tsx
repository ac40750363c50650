import type { ReactNode } from "react";
import { LanguageSwitch } from "../../app/shell/LanguageSwitch.tsx";
import { Logo } from "../../app/shell/Logo.tsx";
import { ThemeSwitch } from "../../app/shell/ThemeSwitch.tsx";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import classes from "./EntryFrame.module.css";
import { useReadiness } from "./use-readiness.ts";

/** The page before the app: a narrow column, with the server's state at the foot. */
export function EntryFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const t = useT();
  const format = useFormat();
  const readiness = useReadiness();
  return (
    <div className={classes.frame}>
      <div className={classes.top}>
        <LanguageSwitch withName />
        <ThemeSwitch />
      </div>
      <main className={classes.main}>
        <p className={classes.brand}>
          <Logo size={28} />
          {t("app.name")}
        </p>
        <h1 className={classes.title}>{title}</h1>
        {lead ? <p className={classes.lead}>{lead}</p> : null}
        {children}
      </main>
      <footer className={classes.foot}>
        {readiness === undefined ? (
          <span />
        ) : (
          <span className={classes.state}>
            <span className={classes.dot} data-ready={readiness || undefined} aria-hidden />
            {t(readiness ? "signIn.ready" : "signIn.notReady")}
          </span>
        )}
        <span className="muted num">{t("signIn.zone", { zone: format.zoneLabel })}</span>
      </footer>
    </div>
  );
}
