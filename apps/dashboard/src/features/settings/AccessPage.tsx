import { usePageSearch } from "../../lib/page-search.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { roles } from "../../lib/roles.ts";
import { withoutInvalid } from "../../lib/search.ts";
import type { Role } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { AddFilterChips } from "../../ui/AddFilterChips.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { PolicyPanel } from "../security/PolicyPanel.tsx";
import { usePolicy } from "../security/use-policy.ts";
import { RightsMatrix } from "./RightsMatrix.tsx";
import { accessSearch } from "./settings.search.ts";
import { SettingsTabs } from "./SettingsTabs.tsx";

const FRESH_MS = 600_000;

/** How people sign in, and which role may call which procedure. Rights are the procedures' paths, so the table cannot be out of date. */
export function AccessPage() {
  const t = useT();
  const { search, change } = usePageSearch(accessSearch);
  const { q = "", role, confirming } = search;
  const query = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const stepUp = usePolicy().data?.stepUp.procedures ?? [];
  const filters = [
    {
      id: "role",
      name: t("access.mayCall"),
      options: roles.map((each) => ({ value: each, label: t(`role.${each}`) })),
      shown: role && t(`role.${role}`),
    },
    {
      id: "confirming",
      name: t("access.confirming"),
      options: [{ value: "asked", label: t("access.confirming.asked") }],
      shown: confirming && t("access.confirming.asked"),
    },
  ];
  return (
    <Page title={t("settings.title")} fill>
      <SettingsTabs value="access" />
      <PolicyPanel />
      <FilterBar
        search={
          <>
            <SearchField
              label={t("access.search")}
              value={q}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            <AddFilterChips
              choices={filters.filter(({ shown }) => shown === undefined)}
              onAdd={(id, value) => change(id === "role" ? { role: value as Role } : { confirming: "asked" }, "push")}
            />
          </>
        }
        chips={filters.flatMap(({ id, name, shown }) => (shown === undefined ? [] : [{ id, name, value: shown }]))}
        onRemove={(id) => change({ [id]: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <Panel title={t("access.title")} scope={t("access.scope")} flush fill>
        <AsyncView query={query} skeleton={<SkeletonLines lines={12} />} errorTitle={t("access.failed")}>
          {(answer) => (
            <RightsMatrix
              roles={answer.roles}
              stepUp={stepUp}
              filter={{ text: q, role, isAsked: confirming === "asked" }}
              onClear={() => change({ q: undefined, role: undefined, confirming: undefined })}
            />
          )}
        </AsyncView>
      </Panel>
    </Page>
  );
}
