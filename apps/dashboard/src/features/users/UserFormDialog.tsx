import { NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { type FieldErrors, type Path, useForm } from "react-hook-form";
import { toAppError, toFieldErrors } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { grantableRoles } from "../../lib/roles.ts";
import { type Role, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Impact } from "./impact.tsx";
import type { User } from "./user.ts";
import classes from "./Users.module.css";

interface Values {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const EMAIL_MAX = 254;
const NAME_MAX = 120;
const PASSWORD_MIN = 12;
const PASSWORD_MAX = 128;
const fields = ["email", "name", "role", "password"] as const satisfies readonly Path<Values>[];

export interface UserFormDialogProps {
  /** Whom to change; without one somebody is created. */
  readonly user?: User;
  onDone?(user: User): void;
  onClose(): void;
}

export function UserFormDialog({ user, onDone, onClose }: UserFormDialogProps) {
  const t = useT();
  const toast = useToast();
  const me = useMe();
  const utils = trpc.useUtils();
  const create = trpc.users.create.useMutation();
  const update = trpc.users.update.useMutation();
  const form = useForm<Values>({
    defaultValues: { email: user?.email ?? "", name: user?.name ?? "", role: "viewer", password: "" },
  });
  const { errors } = form.formState;

  const save = async (values: Values): Promise<void> => {
    const password = values.password === "" ? {} : { password: values.password };
    try {
      const saved = user
        ? await update.mutateAsync({ id: user.id, email: values.email.trim(), name: values.name.trim(), ...password })
        : await create.mutateAsync({
            email: values.email.trim(),
            name: values.name.trim(),
            role: values.role,
            ...password,
          });
      toast({ tone: "ok", title: t(user ? "users.did.edit" : "users.did.create", { email: saved.email }) });
      void utils.users.invalidate();
      if (values.password !== "") void utils.access.invalidate();
      onDone?.(saved);
      onClose();
    } catch (error) {
      showRefusal(error);
    }
  };

  /** What belongs to a field goes to the field; the rest stands above the foot. */
  const showRefusal = (error: unknown): void => {
    const { code, message } = toAppError(error);
    const byField = code === "USER_EMAIL_TAKEN" ? { email: t("users.form.emailTaken") } : toFieldErrors(error);
    const known = fields.filter((field) => byField[field] !== undefined);
    for (const field of known)
      form.setError(field, { message: byField[field] ?? "" }, { shouldFocus: field === known[0] });
    if (known.length === 0) form.setError("root", { message });
  };

  return (
    <FormDialog
      title={user ? t("users.form.edit") : t("users.form.create")}
      subtitle={user?.email}
      width={480}
      submitLabel={user ? t("ui.save") : t("users.form.submit")}
      isBusy={form.formState.isSubmitting}
      onSubmit={() => void form.handleSubmit(save)()}
      onClose={onClose}
    >
      <div className={classes.fields}>
        <TextInput
          size="md"
          type="email"
          label={t("users.email")}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          error={errors.email?.message}
          {...form.register("email", {
            validate: (value) =>
              (EMAIL.test(value.trim()) && value.trim().length <= EMAIL_MAX) || t("users.form.emailInvalid"),
          })}
        />
        <TextInput
          size="md"
          label={t("users.name")}
          autoComplete="off"
          maxLength={NAME_MAX}
          error={errors.name?.message}
          {...form.register("name", { validate: (value) => value.trim() !== "" || t("form.required") })}
        />
        {user ? null : (
          <NativeSelect
            size="md"
            label={t("users.role")}
            error={errors.role?.message}
            data={grantableRoles(me.user.role).map((role) => ({ value: role, label: t(`role.${role}`) }))}
            {...form.register("role")}
          />
        )}
        <PasswordInput
          size="md"
          label={t(user ? "users.form.newPassword" : "users.form.password")}
          description={t(user ? "users.form.newPasswordHint" : "users.form.passwordHint")}
          autoComplete="new-password"
          maxLength={PASSWORD_MAX}
          error={errors.password?.message}
          {...form.register("password", {
            validate: (value) =>
              value === "" || value.length >= PASSWORD_MIN || t("form.minLength", { count: PASSWORD_MIN }),
          })}
        />
      </div>
      {user && form.watch("password") !== "" ? <Impact userId={user.id} act="password" /> : null}
      <Announcement errors={errors} />
      {errors.root?.message ? <Notice tone="bad" title={errors.root.message} /> : null}
    </FormDialog>
  );
}

/** Errors of fields are read out at once, not only when somebody comes to the field. */
function Announcement({ errors }: { errors: FieldErrors<Values> }) {
  const t = useT();
  const messages = fields.flatMap((field) => {
    const message = errors[field]?.message;
    return message ? [`${t(field === "password" ? "users.form.password" : `users.${field}`)}: ${message}`] : [];
  });
  return (
    <p role="alert" className="visually-hidden">
      {messages.join(" ")}
    </p>
  );
}
