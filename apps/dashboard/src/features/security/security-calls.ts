import { getJson, postJson } from "../../lib/http.ts";

// What proves who somebody is goes through /api/auth/*, also for a viewer, whom procedures let change nothing.

export async function confirmByPassword(password: string): Promise<void> {
  await postJson("/api/auth/step-up/password", { password });
}

export async function changePassword(input: { currentPassword: string; newPassword: string }): Promise<void> {
  await postJson("/api/auth/change-password", input);
}

export interface TwoFactorStart {
  /** `otpauth://totp/…`, for the QR code. */
  readonly totpUri: string;
  readonly recoveryCodes: readonly string[];
}

/** Makes a secret. It is not in force until `confirmTwoFactor` took a code of it. */
export async function startTwoFactor(password: string): Promise<TwoFactorStart> {
  const answer = recordOf(await postJson("/api/auth/two-factor/enable", { password }));
  if (typeof answer.totpURI !== "string") throw unexpected("/two-factor/enable");
  return { totpUri: answer.totpURI, recoveryCodes: stringsOf(answer.backupCodes, "/two-factor/enable") };
}

export async function confirmTwoFactor(code: string): Promise<void> {
  await postJson("/api/auth/two-factor/verify-totp", { code });
}

export async function stopTwoFactor(password: string): Promise<void> {
  await postJson("/api/auth/two-factor/disable", { password });
}

export async function makeRecoveryCodes(password: string): Promise<readonly string[]> {
  const answer = recordOf(await postJson("/api/auth/two-factor/generate-backup-codes", { password }));
  return stringsOf(answer.backupCodes, "/two-factor/generate-backup-codes");
}

export interface Passkey {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: string | null;
  readonly lastUsedAt: string | null;
}

export const passkeysKey = ["passkeys"] as const;

export async function listPasskeys(): Promise<readonly Passkey[]> {
  const answer = await getJson("/api/auth/passkey/list-user-passkeys");
  if (!Array.isArray(answer)) throw unexpected("/passkey/list-user-passkeys");
  return answer.map(recordOf).map((each) => ({
    id: String(each.id),
    name: textOrNull(each.name),
    createdAt: textOrNull(each.createdAt),
    lastUsedAt: textOrNull(each.lastUsedAt),
  }));
}

export async function renamePasskey(input: { id: string; name: string }): Promise<void> {
  await postJson("/api/auth/passkey/update-passkey", input);
}

export async function removePasskey(id: string): Promise<void> {
  await postJson("/api/auth/passkey/delete-passkey", { id });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
function stringsOf(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string")) throw unexpected(path);
  return value;
}
function unexpected(path: string): TypeError {
  return new TypeError(`/api/auth${path} did not answer as expected.`);
}
