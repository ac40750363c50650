import { Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Ban, Ellipsis, ExternalLink, Pencil, RotateCcw, ShieldCheck, Trash2 } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { ActionButton, IconAction } from "../../ui/ActionButton.tsx";
import { KeyHint } from "../../ui/KeyHint.tsx";
import { PeekPanel } from "../../ui/PeekPanel.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import type { User } from "./user.ts";
import type { UserActs } from "./use-user-acts.tsx";
import { UserDetails } from "./details/UserDetails.tsx";
import type { UserTab } from "./users.search.ts";
import classes from "./Users.module.css";

export interface UserPeekProps {
  readonly user: User;
  readonly acts: UserActs;
  readonly tab: UserTab;
  onTab(tab: UserTab): void;
  onClose(): void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function UserPeek({ user, acts, tab, onTab, onClose, onPrevious, onNext }: UserPeekProps) {
  const t = useT();
  const navigate = useNavigate();
  const open = (): void => void navigate({ to: "/users/$id", params: { id: user.id }, search: {} });
  return (
    <PeekPanel
      label={user.email}
      title={
        <>
          <span className="truncate">{user.email}</span>
          <StatusBadge status={user.status} soft />
        </>
      }
      actions={
        <>
          <UserButtons user={user} acts={acts} />
          <span className={classes.openPage}>
            <IconAction label={t("users.openPage")} onClick={open}>
              <ExternalLink size={16} />
            </IconAction>
          </span>
        </>
      }
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
      footer={
        <>
          <span className={classes.keyWords}>
            <KeyHint keys="j" /> <KeyHint keys="k" /> {t("users.keys.move")}
          </span>
          <span className={classes.keyWords}>
            <KeyHint keys="Enter" /> {t("users.keys.open")}
          </span>
        </>
      }
    >
      <UserDetails user={user} acts={acts} tab={tab} onTab={onTab} />
    </PeekPanel>
  );
}

/** At most three buttons; what cannot be undone is behind the menu. */
export function UserButtons({ user, acts }: { user: User; acts: UserActs }) {
  const t = useT();
  useShortcut("e", t("users.act.edit"), () => acts.start("edit", user));
  const deleteOff = acts.offBecause("delete", user);
  return (
    <>
      <ActionButton
        leftSection={<Pencil size={14} />}
        keys="e"
        disabledReason={acts.offBecause("edit", user)}
        onClick={() => acts.start("edit", user)}
      >
        {t("users.act.edit")}
      </ActionButton>
      <ActionButton
        leftSection={<ShieldCheck size={14} />}
        disabledReason={acts.offBecause("role", user)}
        onClick={() => acts.start("role", user)}
      >
        {t("users.act.role")}
      </ActionButton>
      {user.status === "active" ? (
        <ActionButton
          tone="danger"
          leftSection={<Ban size={14} />}
          disabledReason={acts.offBecause("suspend", user)}
          onClick={() => acts.start("suspend", user)}
        >
          {t("users.act.suspend")}
        </ActionButton>
      ) : (
        <ActionButton
          leftSection={<RotateCcw size={14} />}
          disabledReason={acts.offBecause("restore", user)}
          onClick={() => acts.start("restore", user)}
        >
          {t("users.act.restore")}
        </ActionButton>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <IconAction size="md" label={t("ui.moreActions")}>
            <Ellipsis size={16} />
          </IconAction>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="bad"
            leftSection={<Trash2 size={14} />}
            disabled={deleteOff !== undefined}
            onClick={() => acts.start("delete", user)}
          >
            {t("users.act.delete")}
          </Menu.Item>
          {deleteOff ? <Menu.Label>{deleteOff}</Menu.Label> : null}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
