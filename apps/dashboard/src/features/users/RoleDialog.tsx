import { Button, Radio } from "@mantine/core";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { rankOf, roles } from "../../lib/roles.ts";
import { type Role, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { diffRights } from "./role-diff.ts";
import type { User } from "./user.ts";
import classes from "./Users.module.css";

const FRESH_MS = 600_000;

/** Another role, with the rights that this gains and loses before anything is done. */
export function RoleDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const me = useMe();
  const utils = trpc.useUtils();
  const [role, setRole] = useState<Role>(user.role);
  const known = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const setRoleOf = trpc.users.setRole.useMutation({
    onSuccess: () => {
      toast({ tone: "ok", title: t("users.did.role", { email: user.email, role: t(`role.${role}`) }) });
      void utils.users.invalidate();
      onClose();
    },
  });
  const isSame = role === user.role;

  return (
    <Dialog
      title={t("users.role.title")}
      subtitle={user.email}
      onClose={onClose}
      onSubmit={() => isSame || setRoleOf.mutate({ id: user.id, role })}
      footNote={t("users.role.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            tone="primary"
            type="submit"
            loading={setRoleOf.isPending}
            disabledReason={isSame ? t("users.role.same", { role: t(`role.${role}`) }) : undefined}
          >
            {t("users.role.submit", { role: t(`role.${role}`) })}
          </ActionButton>
        </>
      }
    >
      <Radio.Group label={t("users.role")} value={role} onChange={(value) => setRole(value)}>
        <div className={classes.roles}>
          {roles.map((each) => {
            const isAbove = rankOf(each) > rankOf(me.user.role);
            return (
              <Radio
                key={each}
                value={each}
                disabled={isAbove}
                label={t(`role.${each}`)}
                classNames={{ description: classes.roleWords ?? "" }}
                description={isAbove ? t("users.role.above") : t(`users.role.${each}`)}
              />
            );
          })}
        </div>
      </Radio.Group>
      <AsyncView query={known} skeleton={<SkeletonLines lines={3} />}>
        {(answer) => {
          const rightsOf = (name: Role): readonly string[] =>
            answer.roles.find((each) => each.name === name)?.rights ?? [];
          const { gained, lost, kept } = diffRights(rightsOf(user.role), rightsOf(role));
          return (
            <div className={classes.diff} aria-live="polite">
              <RightList tone="ok" title={t("users.role.gains", { count: gained.length })} sign="+" rights={gained} />
              <RightList tone="bad" title={t("users.role.loses", { count: lost.length })} sign="−" rights={lost} />
              <p className="muted meta">{t("users.role.keeps", { count: kept })}</p>
            </div>
          );
        }}
      </AsyncView>
      {setRoleOf.error ? <Notice tone="bad" title={toAppError(setRoleOf.error).message} /> : null}
    </Dialog>
  );
}

function RightList(props: { tone: "ok" | "bad"; title: string; sign: string; rights: readonly string[] }) {
  if (props.rights.length === 0) return null;
  return (
    <section>
      <h3 className={props.tone}>{props.title}</h3>
      <ul className={classes.rights} tabIndex={0} aria-label={props.title}>
        {props.rights.map((right) => (
          <li key={right} className="mono">
            <span className={props.tone} aria-hidden>
              {props.sign}
            </span>{" "}
            {right}
          </li>
        ))}
      </ul>
    </section>
  );
}
