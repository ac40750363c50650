import { PasswordInput } from "@mantine/core";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";

export interface CurrentPasswordProps {
  readonly label: string;
  readonly value: string;
  readonly error?: string | undefined;
  onChange(value: string): void;
}

/** The password one has. Password managers are told whose it is. */
export function CurrentPassword({ label, value, error, onChange }: CurrentPasswordProps) {
  const t = useT();
  const { user } = useMe();
  return (
    <>
      <input type="text" autoComplete="username" value={user.email} readOnly hidden tabIndex={-1} />
      <PasswordInput
        label={label}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
        data-autofocus
      />
    </>
  );
}
