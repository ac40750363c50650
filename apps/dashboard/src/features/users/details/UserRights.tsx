import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { PeekSection } from "../../../ui/PeekPanel.tsx";
import type { User } from "../user.ts";
import classes from "../Users.module.css";

const ROLES_FRESH_MS = 600_000;

/** The procedures that the role reaches, by feature. */
export function UserRights({ user }: { user: User }) {
  const t = useT();
  const roles = trpc.access.roles.useQuery(undefined, { staleTime: ROLES_FRESH_MS });
  return (
    <AsyncView query={roles}>
      {(answer) => {
        const rights = answer.roles.find((role) => role.name === user.role)?.rights ?? [];
        const groups = Map.groupBy(rights, (right) => right.split(".")[0] ?? right);
        return [...groups].map(([feature, members]) => (
          <PeekSection
            key={feature}
            title={<code className="mono">{feature}</code>}
            end={t("users.rights", { count: members.length })}
          >
            <p className={classes.rightWords}>
              {members.map((right) => (
                <code key={right} className="mono">
                  {right.slice(feature.length + 1)}
                </code>
              ))}
            </p>
          </PeekSection>
        ));
      }}
    </AsyncView>
  );
}
