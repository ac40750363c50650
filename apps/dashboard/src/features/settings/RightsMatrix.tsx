import { Button, Tooltip } from "@mantine/core";
import { Check, ShieldCheck } from "lucide-react";
import { Fragment } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Role, useMe } from "../../lib/session.tsx";
import type { Outputs } from "../../lib/trpc.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Tag } from "../../ui/Tag.tsx";
import classes from "./RightsMatrix.module.css";

type Roles = Outputs["access"]["roles"]["roles"];
type StepUp = Outputs["access"]["policy"]["stepUp"]["procedures"];

export interface RightsMatrixProps {
  readonly roles: Roles;
  /** Procedures that ask to confirm who one is. */
  readonly stepUp: StepUp;
  readonly filter: { readonly text: string; readonly role: Role | undefined; readonly isAsked: boolean };
  onClear(): void;
}

export function RightsMatrix({ roles, stepUp, filter, onClear }: RightsMatrixProps) {
  const t = useT();
  const { user } = useMe();
  const rightsOf = new Map(roles.map((role) => [role.name, new Set(role.rights)]));
  const asks = new Map(stepUp.map(({ path, always }) => [path, always]));
  const all = [...new Set(roles.flatMap((role) => role.rights))].toSorted();
  const shown = all.filter(
    (right) =>
      right.toLowerCase().includes(filter.text.toLowerCase()) &&
      (filter.role === undefined || rightsOf.get(filter.role)?.has(right)) &&
      (!filter.isAsked || asks.has(right)),
  );
  if (shown.length === 0) {
    return (
      <EmptyState
        kind="none-match"
        title={t("access.none")}
        actions={<Button onClick={onClear}>{t("filter.clearAll")}</Button>}
      />
    );
  }
  return (
    <div className={classes.scroller} tabIndex={0} role="group" aria-label={t("access.title")}>
      <table className={classes.matrix}>
        <thead>
          <tr>
            <th scope="col">{t("access.procedure")}</th>
            {roles.map((role) => (
              <th key={role.name} scope="col" data-own={role.name === user.role || undefined}>
                <span className={classes.role}>
                  {t(`role.${role.name}`)}
                  {role.name === user.role ? (
                    <span className={classes.you}>
                      <Tag>{t("access.you")}</Tag>
                    </span>
                  ) : null}
                </span>
                <span className={classes.count}>{t("access.of", { count: role.rights.length, all: all.length })}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...Map.groupBy(shown, (right) => right.split(".")[0] ?? right)].map(([feature, rights]) => (
            <Fragment key={feature}>
              <tr className={classes.group}>
                <th scope="colgroup" colSpan={roles.length + 1}>
                  {feature}
                </th>
              </tr>
              {rights.map((right) => (
                <tr key={right}>
                  <th scope="row" className="mono">
                    <span className={classes.prefix}>{feature}.</span>
                    {right.slice(feature.length + 1)}
                    {asks.has(right) ? <AsksMark always={asks.get(right) ?? true} /> : null}
                  </th>
                  {roles.map((role) => {
                    const has = rightsOf.get(role.name)?.has(right) ?? false;
                    return (
                      <td key={role.name} data-own={role.name === user.role || undefined}>
                        {has ? (
                          <Check size={14} className="ok" aria-hidden />
                        ) : (
                          <span className="muted" aria-hidden>
                            –
                          </span>
                        )}
                        <span className="visually-hidden">{t(has ? "ui.yes" : "ui.no")}</span>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AsksMark({ always }: { always: boolean }) {
  const t = useT();
  const label = t(always ? "access.asksAlways" : "access.asksSometimes");
  return (
    <Tooltip label={label}>
      <span className={classes.asks}>
        <ShieldCheck size={14} className="muted" aria-hidden />
        <span className="visually-hidden">{label}</span>
      </span>
    </Tooltip>
  );
}
