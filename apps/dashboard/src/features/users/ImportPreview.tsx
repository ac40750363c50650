import { Check, X } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { RoleWord } from "./user-columns.tsx";
import type { ImportRow } from "./import-rows.ts";
import classes from "./Users.module.css";

/** More in the document would make typing in the field above it slow. */
const ROWS_SHOWN = 200;

export function ImportPreview({ rows }: { rows: readonly ImportRow[] }) {
  const t = useT();
  return (
    <div className={classes.preview} tabIndex={0} role="region" aria-label={t("users.import.preview")}>
      <table>
        <thead>
          <tr>
            <th scope="col" data-align="end">
              {t("users.import.row")}
            </th>
            <th scope="col">{t("users.email")}</th>
            <th scope="col">{t("users.name")}</th>
            <th scope="col">{t("users.role")}</th>
            <th scope="col">{t("users.import.check")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_SHOWN).map((row) => (
            <tr key={row.number} data-bad={row.problem !== null || undefined}>
              <td data-align="end" className="num muted">
                {row.number}
              </td>
              <td className="truncate">{row.email}</td>
              <td className="truncate">{row.name}</td>
              <td>
                {row.problem === "roleUnknown" ? (
                  <span className="bad">{row.roleText}</span>
                ) : (
                  <RoleWord role={row.role} />
                )}
              </td>
              <td>
                {row.problem === null ? (
                  <span className={classes.check}>
                    <Check size={14} className="ok" aria-hidden /> {t("users.import.ok")}
                  </span>
                ) : (
                  <span className={`bad ${classes.check}`}>
                    <X size={14} aria-hidden /> {t(`users.import.problem.${row.problem}`)}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_SHOWN ? (
        <p className={classes.previewMore}>{t("users.import.more", { count: rows.length - ROWS_SHOWN })}</p>
      ) : null}
    </div>
  );
}
