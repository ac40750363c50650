import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Keyboard, LogOut, UserRound } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { signOut } from "../../lib/sign-in.ts";
import { useToast } from "../../ui/Toasts.tsx";
import classes from "./AccountMenu.module.css";
import type { Overlay } from "./Shell.tsx";

export function AccountMenu({ isCollapsed, onOpen }: { isCollapsed: boolean; onOpen: (overlay: Overlay) => void }) {
  const t = useT();
  const { user } = useMe();
  return (
    <Menu position="top-start" width={200}>
      <Menu.Target>
        <UnstyledButton
          className={classes.account}
          data-collapsed={isCollapsed || undefined}
          aria-label={isCollapsed ? t("account.menu", { name: user.name }) : undefined}
        >
          <span className={classes.avatar} aria-hidden>
            {initialsOf(user.name)}
          </span>
          {isCollapsed ? null : (
            <>
              <span className={classes.who}>
                <span className={classes.name}>{user.name}</span>
                <span className={classes.role}>{t(`role.${user.role}`)}</span>
              </span>
              <ChevronsUpDown size={14} className="muted" aria-hidden />
            </>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <AccountItems onOpen={onOpen} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** Also in the More menu of a phone. */
export function AccountItems({ onOpen }: { onOpen: (overlay: Overlay) => void }) {
  const t = useT();
  const { user } = useMe();
  const navigate = useNavigate();
  const leave = useSignOut();
  return (
    <>
      <Menu.Label>{user.email}</Menu.Label>
      <Menu.Item leftSection={<UserRound size={14} />} onClick={() => void navigate({ to: "/settings/me" })}>
        {t("account.settings")}
      </Menu.Item>
      <Menu.Item leftSection={<Keyboard size={14} />} onClick={() => onOpen("sheet")}>
        {t("account.shortcuts")}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item leftSection={<LogOut size={14} />} onClick={leave}>
        {t("account.signOut")}
      </Menu.Item>
    </>
  );
}

export function useSignOut(): () => void {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const mutation = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: "/sign-in", search: {} });
      queryClient.clear();
    },
    onError: (error) => toast({ tone: "bad", title: error.message }),
  });
  return () => mutation.mutate();
}

/** "WZ" for Wei Zhang, the first character for a name in one word or in Han characters. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}
