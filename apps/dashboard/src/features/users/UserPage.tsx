import { useNavigate, useParams } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Page } from "../../ui/Page.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { UserDetails } from "./details/UserDetails.tsx";
import { UserButtons } from "./UserPeek.tsx";
import { useUserActs } from "./use-user-acts.tsx";
import { userSearch } from "./users.search.ts";

/** One person, on a page that can be linked to. */
export function UserPage() {
  const t = useT();
  const navigate = useNavigate();
  const { id = "" } = useParams({ strict: false });
  const { search, change } = usePageSearch(userSearch);
  const query = trpc.users.get.useQuery({ id });
  const acts = useUserActs({
    onDeleted: () => void navigate({ to: "/users", search: {} }),
    onBack: (back) => void navigate({ to: "/users/$id", params: { id: back.id } }),
  });
  const user = query.data;
  return (
    <Page
      title={user?.email ?? t("nav.users")}
      crumbs={[{ label: t("nav.users"), to: "/users" }, { label: user?.name ?? id }]}
      aside={user ? <StatusBadge status={user.status} soft /> : null}
      actions={user ? <UserButtons user={user} acts={acts} /> : null}
    >
      <Panel label={t("peek.label")} flush>
        {/* The parts are headed as beside the list, where the title of the panel is above them. */}
        <h2 className="visually-hidden">{t("users.parts")}</h2>
        <AsyncView query={query} errorTitle={t("users.one.failed")}>
          {(found) => (
            <UserDetails
              user={found}
              acts={acts}
              tab={search.tab ?? "profile"}
              onTab={(tab) => change({ tab: tab === "profile" ? undefined : tab }, "replace")}
            />
          )}
        </AsyncView>
      </Panel>
      {acts.dialog}
    </Page>
  );
}
