import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { toAppError, toFieldErrors } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { grantableRoles } from "../../lib/roles.ts";
import { type Role, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import type { MadeKey } from "./key.ts";
import classes from "./Keys.module.css";

const NAME_MAX = 80;
const EXPIRY_DAYS = [7, 30, 90, 365] as const;
const EXPIRY_DEFAULT = 90;
const FRESH_MS = 600_000;

export interface CreateKeyDialogProps {
  onMade(made: MadeKey): void;
  onClose(): void;
}

export function CreateKeyDialog({ onMade, onClose }: CreateKeyDialogProps) {
  const t = useT();
  const me = useMe();
  const utils = trpc.useUtils();
  const [name, setName] = useState("");
  const [nameError, setNameError] = useState<string>();
  const [role, setRole] = useState<Role>(me.user.role);
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [days, setDays] = useState<number | null>(EXPIRY_DEFAULT);
  const create = trpc.access.keys.create.useMutation({
    onSuccess: (made) => {
      void utils.access.keys.invalidate();
      onClose();
      onMade(made);
    },
    onError: (error) => setNameError(toFieldErrors(error).name),
  });
  const submit = (): void => {
    if (name.trim() === "") {
      setNameError(t("form.required"));
      return;
    }
    create.mutate({
      name: name.trim(),
      role,
      ...(scopes.length > 0 ? { scopes: [...scopes] } : {}),
      ...(days === null ? {} : { expiresInDays: days }),
    });
  };
  return (
    <Dialog
      title={t("apiKeys.create.title")}
      onClose={onClose}
      onSubmit={submit}
      footNote={t("apiKeys.create.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" tone="primary" type="submit" loading={create.isPending}>
            {t("apiKeys.create.submit")}
          </ActionButton>
        </>
      }
    >
      <TextInput
        size="md"
        label={t("apiKeys.name")}
        description={t("apiKeys.create.nameHint")}
        value={name}
        maxLength={NAME_MAX}
        autoComplete="off"
        error={nameError}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setNameError(undefined);
        }}
        data-autofocus
      />
      <div className={classes.two}>
        <NativeSelect
          size="md"
          label={t("apiKeys.role")}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
          data={grantableRoles(me.user.role).map((each) => ({ value: each, label: t(`role.${each}`) }))}
        />
        <NativeSelect
          size="md"
          label={t("apiKeys.create.expiry")}
          value={days ?? ""}
          onChange={({ currentTarget: { value } }) => setDays(value === "" ? null : Number(value))}
          data={[
            ...EXPIRY_DAYS.map((count) => ({ value: String(count), label: t("apiKeys.create.days", { count }) })),
            { value: "", label: t("apiKeys.expiresNever") },
          ]}
        />
      </div>
      <ScopeChoice role={role} scopes={scopes} onChange={setScopes} />
      <p role="alert" className="visually-hidden">
        {nameError ? `${t("apiKeys.name")}: ${nameError}` : ""}
      </p>
      {create.error && !nameError ? <Notice tone="bad" title={toAppError(create.error).message} /> : null}
    </Dialog>
  );
}

/** Scopes are prefixes of procedure paths: a feature as a whole, or single procedures of it. */
function ScopeChoice(props: { role: Role; scopes: readonly string[]; onChange: (scopes: readonly string[]) => void }) {
  const t = useT();
  const { role, scopes, onChange } = props;
  const roles = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const rights = roles.data?.roles.find((each) => each.name === role)?.rights ?? [];
  const groups = [...Map.groupBy(rights, (right) => right.split(".")[0] ?? right)];
  const toggle = (scope: string, isOn: boolean): void => {
    const others = scopes.filter((each) => each !== scope && !each.startsWith(`${scope}.`));
    onChange(isOn ? [...others, scope] : others);
  };
  return (
    <div role="group" aria-label={t("apiKeys.create.scopes")} className={classes.scopeField}>
      <p className="medium">{t("apiKeys.create.scopes")}</p>
      <p className="muted meta">{t("apiKeys.create.scopesHint")}</p>
      <div className={classes.scopeList} tabIndex={0} role="region" aria-label={t("apiKeys.create.scopes")}>
        {groups.map(([feature, members]) => {
          const isWhole = scopes.includes(feature);
          return (
            <div key={feature} className={classes.scopeGroup}>
              <Checkbox
                label={<code className="mono medium">{feature}</code>}
                checked={isWhole}
                indeterminate={!isWhole && scopes.some((scope) => scope.startsWith(`${feature}.`))}
                onChange={(event) => toggle(feature, event.currentTarget.checked)}
              />
              <div className={classes.scopeMembers}>
                {members.map((right) => (
                  <Checkbox
                    key={right}
                    label={<code className="mono">{right.slice(feature.length + 1)}</code>}
                    aria-label={right}
                    checked={isWhole || scopes.includes(right)}
                    disabled={isWhole}
                    onChange={(event) => toggle(right, event.currentTarget.checked)}
                  />
                ))}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
