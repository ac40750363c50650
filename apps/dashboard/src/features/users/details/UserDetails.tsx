import { useT } from "../../../lib/i18n/i18n.tsx";
import { Tabs } from "../../../ui/Tabs.tsx";
import type { UserActs } from "../use-user-acts.tsx";
import type { User } from "../user.ts";
import classes from "../Users.module.css";
import { type UserTab, userTabs } from "../users.search.ts";
import { UserAudit } from "./UserAudit.tsx";
import { UserKeys } from "./UserKeys.tsx";
import { UserProfile } from "./UserProfile.tsx";
import { UserRights } from "./UserRights.tsx";
import { UserSessions } from "./UserSessions.tsx";

export interface UserDetailsProps {
  readonly user: User;
  readonly acts: UserActs;
  readonly tab: UserTab;
  onTab(tab: UserTab): void;
}

/** One person in parts; the same beside the list and on a page of its own. */
export function UserDetails({ user, acts, tab, onTab }: UserDetailsProps) {
  const t = useT();
  return (
    <>
      <div className={classes.tabs}>
        <Tabs
          label={t("users.parts")}
          items={userTabs.map((id) => ({ id, label: t(`users.tab.${id}`) }))}
          value={tab}
          onChange={onTab}
        />
      </div>
      {tab === "profile" ? <UserProfile user={user} acts={acts} /> : null}
      {tab === "sessions" ? <UserSessions user={user} /> : null}
      {tab === "keys" ? <UserKeys user={user} /> : null}
      {tab === "rights" ? <UserRights user={user} /> : null}
      {tab === "audit" ? <UserAudit user={user} /> : null}
    </>
  );
}
