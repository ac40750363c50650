import { Button } from "@mantine/core";
import { Check } from "lucide-react";
import { Fragment } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { useMe } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Tag } from "../../ui/Tag.tsx";
import classes from "./AccessPage.module.css";
import { accessSearch } from "./settings.search.ts";
import { SettingsTabs } from "./SettingsTabs.tsx";

type Roles = Outputs["access"]["roles"]["roles"];
const FRESH_MS = 600_000;

/** Which role may call which procedure. The rights are the procedures' paths, so the table cannot be out of date. */
export function AccessPage() {
  const t = useT();
  const { search, change } = usePageSearch(accessSearch);
  const { q = "" } = search;
  const query = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  return (
    <Page title={t("settings.title")} fill>
      <SettingsTabs value="access" />
      <FilterBar
        search={
          <SearchField
            label={t("access.search")}
            value={q}
            onChange={(value) => change({ q: value || undefined }, "replace")}
          />
        }
        chips={[]}
        onRemove={() => undefined}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <Panel title={t("access.title")} scope={t("access.scope")} flush fill>
        <AsyncView query={query} skeleton={<SkeletonLines lines={12} />} errorTitle={t("access.failed")}>
          {({ roles }) => <Matrix roles={roles} wanted={q.toLowerCase()} onClear={() => change({ q: undefined })} />}
        </AsyncView>
      </Panel>
    </Page>
  );
}

function Matrix({ roles, wanted, onClear }: { roles: Roles; wanted: string; onClear: () => void }) {
  const t = useT();
  const { user } = useMe();
  const all = [...new Set(roles.flatMap((role) => role.rights))].toSorted();
  const shown = all.filter((right) => right.toLowerCase().includes(wanted));
  const rightsOf = new Map(roles.map((role) => [role.name, new Set(role.rights)]));
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
