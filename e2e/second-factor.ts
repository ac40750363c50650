import { type Credentials, expect } from "./desk.ts";
import { createAuthenticatorApp } from "./authenticator-app.ts";
import { signIn } from "../packages/testing/src/caller.ts";

/** Turns two-step sign-in on for somebody, as their settings would, and hands over their app and their recovery codes. */
export async function turnOnTwoFactor(url: string, who: Credentials) {
  const session = await signIn(url, who);
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/api/auth/two-factor/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...session },
      body: JSON.stringify(body),
    });
    expect(response.status, path).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };
  const { totpURI, backupCodes } = await post("enable", { password: who.password });
  const app = createAuthenticatorApp(new URL(String(totpURI)).searchParams.get("secret") ?? "");
  await post("verify-totp", { code: app.nextCode() });
  return { app, recoveryCodes: backupCodes as readonly string[] };
}
