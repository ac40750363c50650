import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Page } from "../../ui/Page.tsx";

/** For who may not see imports: the procedure is not called only to be refused. */
export function NoImports({ right }: { right: string }) {
  const t = useT();
  const { user } = useMe();
  return (
    <Page title={t("imports.title")} crumbs={[{ label: t("nav.users"), to: "/users" }, { label: t("imports.title") }]}>
      <EmptyState
        kind="no-right"
        title={t("empty.noRight")}
        body={t("empty.noRightBody", { right, role: t(`role.${user.role}`) })}
      />
    </Page>
  );
}
