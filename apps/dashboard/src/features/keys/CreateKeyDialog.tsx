import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { toFieldErrors } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { grantableRoles } from "../../lib/roles.ts";
import { type Role, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import type { MadeKey } from "./key.ts";
import classes from "./Keys.module.css";
import { parseRate, RateField } from "./RateField.tsx";
import { ScopeField } from "./ScopeField.tsx";

const NAME_MAX = 80;
const SCOPES_MAX = 50;
const EXPIRY_DAYS = [7, 30, 90, 365] as const;
const EXPIRY_DEFAULT = 90;

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
  const [rateText, setRateText] = useState("");
  const create = trpc.access.keys.create.useMutation({
    onSuccess: (made) => {
      void utils.access.keys.invalidate();
      onClose();
      onMade(made);
    },
    onError: (error) => setNameError(toFieldErrors(error).name),
  });
  const rate = parseRate(rateText);
  const submit = (): void => {
    if (name.trim() === "") {
      setNameError(t("form.required"));
      return;
    }
    if (rate === undefined) return;
    create.mutate({
      name: name.trim(),
      role,
      ...(scopes.length > 0 ? { scopes: [...scopes] } : {}),
      ...(days === null ? {} : { expiresInDays: days }),
      ...(rate === null ? {} : { ratePerMinute: rate }),
    });
  };
  return (
    <FormDialog
      title={t("apiKeys.create.title")}
      submitLabel={t("apiKeys.create.submit")}
      disabledReason={scopes.length > SCOPES_MAX ? t("apiKeys.create.scopesTooMany", { max: SCOPES_MAX }) : undefined}
      isBusy={create.isPending}
      error={nameError ? undefined : create.error}
      footNote={t("apiKeys.create.note")}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        size="md"
        label={t("apiKeys.name")}
        description={t("apiKeys.create.nameHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
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
      <div className={classes.three}>
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
        <RateField value={rateText} onChange={setRateText} />
      </div>
      <ScopeField role={role} scopes={scopes} onChange={setScopes} />
      <p role="alert" className="visually-hidden">
        {nameError ? `${t("apiKeys.name")}: ${nameError}` : ""}
      </p>
    </FormDialog>
  );
}
