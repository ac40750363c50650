import { Radio } from "@mantine/core";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { rankOf, roles } from "../../lib/roles.ts";
import { type Role, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { ReasonField } from "../../ui/ConfirmDialog.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Impact } from "./impact.tsx";
import { diffRights } from "./role-diff.ts";
import type { User } from "./user.ts";
import classes from "./Users.module.css";

const FRESH_MS = 600_000;

/** Another role, with the rights that this gains and loses and what it ends, before anything is done. */
export function RoleDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const me = useMe();
  const utils = trpc.useUtils();
  const [role, setRole] = useState<Role>(user.role);
  const [reason, setReason] = useState("");
  const known = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const setRoleOf = trpc.users.setRole.useMutation({
    onSuccess: () => {
      toast({ tone: "ok", title: t("users.did.role", { email: user.email, role: t(`role.${role}`) }) });
      void utils.users.invalidate();
      void utils.access.sessions.invalidate();
      void utils.access.keys.invalidate();
      onClose();
    },
  });
  const isSame = role === user.role;
  const why = reason.trim();

  return (
    <FormDialog
      title={t("users.role.title")}
      subtitle={user.email}
      submitLabel={t("users.role.submit", { role: t(`role.${role}`) })}
      disabledReason={isSame ? t("users.role.same", { role: t(`role.${role}`) }) : undefined}
      isBusy={setRoleOf.isPending}
      error={setRoleOf.error}
      footNote={t("users.role.note")}
      onSubmit={() => setRoleOf.mutate({ id: user.id, role, ...(why ? { reason: why } : {}) })}
      onClose={onClose}
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
      {isSame ? null : <Impact userId={user.id} act="role" />}
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
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
