import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { changeInDatabaseOf } from "../packages/testing/src/server-database.ts";
import { findViolations } from "./axe.ts";
import { createAuthenticatorApp } from "./authenticator-app.ts";
import { clientOf, type Credentials, expect, type Person, type RunningServer, signIn, test } from "./desk.ts";
import { turnOnTwoFactor } from "./second-factor.ts";

/** Passkeys belong to names, and a server on 127.0.0.1 is reached by this one too. */
function namedUrlOf({ url }: RunningServer): string {
  return url.replace("127.0.0.1", "localhost");
}

async function submitSignIn(page: Page, { email, password }: Credentials): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** A panel of the settings, by its title. */
function panelOf(page: Page, title: string): Locator {
  return page.getByRole("region", { name: title });
}
function dialogOf(page: Page, title: string): Locator {
  return page.getByRole("dialog", { name: title });
}

/** An authenticator of the platform, as a laptop has one, whose owner always puts their finger on it. */
async function plugInAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Ten minutes pass for the sessions of somebody. Resolves once the server goes by it. */
async function letConfirmationLapse(server: RunningServer, page: Page, person: Person): Promise<void> {
  const lapse = "UPDATE session SET verified_at = now() - interval '11 minutes' WHERE user_id = $1";
  expect(await changeInDatabaseOf(server, lapse, [person.id])).toBeGreaterThan(0);
  // What is known of a session is kept for seconds.
  await expect
    .poll(async () => {
      const answer = await page.request.get(new URL("/trpc/access.me", page.url()).href);
      return ((await answer.json()) as { result: { data: { security: object } } }).result.data.security;
    })
    .toMatchObject({ isVerified: false });
}

async function expectNoViolations(page: Page, where: string): Promise<void> {
  expect.soft(await findViolations(page), where).toEqual([]);
}

test("two-step sign-in is set up with an app, survives its loss by a recovery code, and is turned off", async ({
  openDesk,
  createPerson,
}) => {
  const person = await createPerson("viewer", "two-step");
  const page = await openDesk(person);
  await page.goto("/settings/me");
  const panel = panelOf(page, "Two-step sign-in");
  await expect(panel.getByText("Off", { exact: true })).toBeVisible();
  await panel.getByRole("button", { name: "Set up…" }).click();

  const setUp = dialogOf(page, "Set up two-step sign-in");
  await expect(setUp.getByText("Step 1 of 3")).toBeVisible();
  await setUp.getByLabel("Your password").fill("not my password");
  await setUp.getByRole("button", { name: "Continue" }).click();
  await expect(setUp.getByLabel("Your password")).toHaveAccessibleDescription("This is not your password.");
  await setUp.getByLabel("Your password").fill(person.password);
  await setUp.getByRole("button", { name: "Continue" }).click();

  await expect(setUp.getByText("Step 2 of 3")).toBeVisible();
  await expect(setUp.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
  const app = createAuthenticatorApp(await setUp.getByText(/^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/).innerText());
  const field = setUp.getByLabel("Six-digit code that the app shows");
  await field.fill("000000");
  await expect(field).toHaveAccessibleDescription(/This code does not fit/);
  await expect(field).toHaveValue("");
  // Escape in the middle of it does not leave two-step sign-in on with codes that nobody has seen.
  const confirmed = page.waitForRequest(/\/two-factor\/verify-totp$/);
  await field.fill(app.nextCode());
  await confirmed;
  await page.keyboard.press("Escape");

  const codes = dialogOf(page, "Your recovery codes");
  await expect(codes.getByRole("listitem")).toHaveCount(10);
  const [first = "", second = ""] = await codes.getByRole("listitem").allInnerTexts();
  const downloading = page.waitForEvent("download");
  await codes.getByRole("button", { name: "Download" }).click();
  const file = await readFile(await (await downloading).path(), "utf8");
  expect(file).toContain(person.email);
  expect(file).toContain(second);
  // They are nowhere else to be had: neither Escape nor the cross closes the dialog before they are stored.
  await page.keyboard.press("Escape");
  await expect(codes.getByText("Store them first, then tick this.")).toBeVisible();
  await codes.getByRole("checkbox", { name: "I have stored them where I find them without my phone" }).check();
  await codes.getByRole("button", { name: "Done" }).click();
  await expect(codes).toBeHidden();
  await expect(panel.getByText("On", { exact: true })).toBeVisible();
  await expect(panel.getByText("10 recovery codes left.")).toBeVisible();

  await page.getByRole("button", { name: person.name }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await submitSignIn(page, person);
  await page.getByRole("button", { name: "Use a recovery code instead" }).click();
  await page.getByLabel("Recovery code").fill(first);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/overview$/);
  await page.goto("/settings/me");
  await expect(panel.getByText("9 recovery codes left.")).toBeVisible();

  await panel.getByRole("button", { name: "New recovery codes…" }).click();
  await dialogOf(page, "New recovery codes").getByLabel("Your password").fill(person.password);
  await page.keyboard.press("Enter");
  await expect(codes.getByRole("listitem")).toHaveCount(10);
  await expect(codes.getByText(second)).toHaveCount(0);
  await codes.getByRole("checkbox").check();
  await codes.getByRole("button", { name: "Done" }).click();

  await panel.getByRole("button", { name: "Turn off…" }).click();
  await dialogOf(page, "Turn off two-step sign-in").getByLabel("Your password").fill(person.password);
  await page.keyboard.press("Enter");
  await expect(panel.getByText("Off", { exact: true })).toBeVisible();
});

test("a set-up that is left before the app's code was right changes nothing", async ({ openDesk, createPerson }) => {
  const person = await createPerson("viewer", "half");
  const page = await openDesk(person);
  await page.goto("/settings/me");
  await panelOf(page, "Two-step sign-in").getByRole("button", { name: "Set up…" }).click();
  const setUp = dialogOf(page, "Set up two-step sign-in");
  await setUp.getByLabel("Your password").fill(person.password);
  await page.keyboard.press("Enter");
  await expect(setUp.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
  // From then on the second step listens to keys.
  await expect(setUp.getByRole("textbox")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(setUp).toBeHidden();
  await expect(panelOf(page, "Two-step sign-in").getByRole("button", { name: "Set up…" })).toBeFocused();
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await submitSignIn(page, person);
  await expect(page).toHaveURL(/\/overview$/);
});

test("a passkey is added, named, signs in along a deep link, confirms a destructive act and is removed", async ({
  openDesk,
  createPerson,
  server,
}) => {
  const named = namedUrlOf(server);
  const person = await createPerson("admin", "passkey");
  const page = await openDesk();
  const context = page.context();
  // As in a browser that does not put passkeys among its suggestions, where it would answer before the button is pressed.
  await page.addInitScript(() => Reflect.deleteProperty(PublicKeyCredential, "isConditionalMediationAvailable"));
  await signIn(context, named, person);
  await plugInAuthenticator(page);
  await page.goto(`${named}/settings/me`);
  const panel = panelOf(page, "Passkeys");
  await expect(panel.getByText("No passkeys yet")).toBeVisible();
  await panel.getByRole("button", { name: "Add a passkey…" }).click();
  const add = dialogOf(page, "Add a passkey");
  await expect(add.getByLabel("Name")).toHaveValue("Chrome · Linux");
  await add.getByLabel("Name").fill("");
  await add.getByRole("button", { name: "Add passkey" }).click();
  await expect(add.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name/);
  await add.getByLabel("Name").fill("My laptop");
  await add.getByRole("button", { name: "Add passkey" }).click();
  const row = panel.getByRole("listitem");
  await expect(row).toContainText("My laptop");
  await expect(row).toContainText("not used yet");

  // The same device again.
  await panel.getByRole("button", { name: "Add a passkey…" }).click();
  await add.getByRole("button", { name: "Add passkey" }).click();
  await expect(add.getByRole("alert")).toContainText("holds a passkey for this account already");
  await add.getByRole("button", { name: "Cancel" }).click();

  await panel.getByRole("button", { name: "Rename My laptop" }).click();
  await dialogOf(page, "Rename passkey").getByLabel("Name").fill("Work laptop");
  await page.keyboard.press("Enter");
  await expect(row).toContainText("Work laptop");

  await context.clearCookies();
  await page.goto(`${named}/users?role=admin`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page).toHaveURL(`${named}/users?role=admin`);

  const other = await clientOf(server.url, person);
  await page.goto(`${named}/settings/me`);
  await expect(panel.getByRole("listitem")).toContainText(/last used/);
  await letConfirmationLapse(server, page, person);
  await panelOf(page, "Your sessions").getByRole("button", { name: "Sign out everywhere else…" }).click();
  await dialogOf(page, "Sign out everywhere else?")
    .getByRole("button", { name: /^End \d+ session/ })
    .click();
  await dialogOf(page, "Confirm it is you").getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByText(/^\d+ sessions? ended$/)).toBeVisible();
  await expect(other.access.me.query()).rejects.toMatchObject({ data: { httpStatus: 401 } });

  await panel.getByRole("button", { name: "Remove Work laptop" }).click();
  await dialogOf(page, "Remove the passkey Work laptop?").getByRole("button", { name: "Remove passkey" }).click();
  await expect(panel.getByText("No passkeys yet")).toBeVisible();

  // The device still has it; the server says why it no longer counts.
  await context.clearCookies();
  await page.goto(`${named}/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("alert")).toContainText("This passkey was not accepted");
});

test("a passkey chosen among the suggestions of the email field signs in without a password and without a code", async ({
  openDesk,
  createPerson,
  server,
}) => {
  const named = namedUrlOf(server);
  const person = await createPerson("viewer", "suggested");
  const page = await openDesk();
  await plugInAuthenticator(page);
  await page.goto(`${named}/sign-in?next=/settings/me`);
  await expect(page.getByLabel("Email")).toHaveAttribute("autocomplete", "username webauthn");
  await submitSignIn(page, person);
  const panel = panelOf(page, "Passkeys");
  await panel.getByRole("button", { name: "Add a passkey…" }).click();
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("listitem")).toHaveCount(1);
  await turnOnTwoFactor(server.url, person);
  await page.context().clearCookies();
  // The virtual finger takes the suggestion as soon as there is one.
  await page.goto(`${named}/sign-in?next=/settings/me`);
  await expect(page).toHaveURL(`${named}/settings/me`);
  await expect(panelOf(page, "Two-step sign-in").getByText("On", { exact: true })).toBeVisible();
});

test("a destructive act asks for the password when the last proof is old, and then goes on with what was typed", async ({
  openDesk,
  createPerson,
  server,
}) => {
  const person = await createPerson("operator", "step-up");
  const other = await clientOf(server.url, person);
  const page = await openDesk(person);
  await page.goto("/settings/me");
  const sessions = panelOf(page, "Your sessions");
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await expect(sessions.getByRole("listitem").filter({ hasText: "this one" })).toHaveCount(1);
  await letConfirmationLapse(server, page, person);
  const opener = sessions.getByRole("button", { name: "Sign out everywhere else…" });
  await opener.click();
  const act = dialogOf(page, "Sign out everywhere else?");
  await expect(act.getByText("1 other session ends. You stay signed in here.")).toBeVisible();
  await act.getByRole("button", { name: "End 1 session" }).click();

  const stepUp = dialogOf(page, "Confirm it is you");
  await expect(stepUp.getByText("It is more than 10 minutes since you last did.")).toBeVisible();
  await expect(stepUp.getByText("access.sessions.revokeAll")).toBeVisible();
  await expect(stepUp.getByRole("button", { name: "Use a passkey" })).toHaveCount(0);
  const password = stepUp.getByLabel("Your password");
  await expect(password).toBeFocused();
  // Called off: nothing happens, the dialog below is there again and says so.
  await page.keyboard.press("Escape");
  await expect(stepUp).toBeHidden();
  await expect(act.getByRole("status")).toHaveText("Nothing was done: you did not confirm that it is you.");
  expect((await other.access.me.query()).user.id).toBe(person.id);

  await act.getByRole("button", { name: "End 1 session" }).click();
  await stepUp.getByRole("button", { name: "Confirm" }).click();
  await expect(password).toHaveAccessibleDescription("Enter your password.");
  await password.fill("not my password");
  await page.keyboard.press("Enter");
  await expect(password).toHaveAccessibleDescription("This is not your password.");
  await password.fill(person.password);
  await page.keyboard.press("Enter");
  await expect(page.getByText("1 session ended")).toBeVisible();
  await expect(act).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(other.access.me.query()).rejects.toMatchObject({ data: { httpStatus: 401 } });

  // The proof counts for the next act as well.
  await clientOf(server.url, person);
  await page.reload();
  await opener.click();
  await act.getByRole("button", { name: "End 1 session" }).click();
  await expect(page.getByText("1 session ended")).toBeVisible();
  await expect(stepUp).toHaveCount(0);
});

test("wrong passwords in the confirmation lock it with a countdown, as those of a sign-in do", async ({
  openDesk,
  createPerson,
  server,
}) => {
  const person = await createPerson("operator", "step-up-lock");
  await clientOf(server.url, person);
  const page = await openDesk(person);
  await page.goto("/settings/me");
  await letConfirmationLapse(server, page, person);
  await panelOf(page, "Your sessions").getByRole("button", { name: "Sign out everywhere else…" }).click();
  await page.getByRole("button", { name: "End 1 session" }).click();
  const stepUp = dialogOf(page, "Confirm it is you");
  for (let failures = 0; failures < 6; failures += 1) {
    const answered = page.waitForResponse(/\/step-up\/password$/);
    await stepUp.getByLabel("Your password").fill(`wrong password ${failures}`);
    await stepUp.getByRole("button", { name: "Confirm" }).click();
    expect((await answered).status()).toBe(failures < 5 ? 401 : 429);
  }
  await expect(stepUp.getByRole("timer")).toHaveText(/Try again in 1[45]:\d\d\./);
  await expect(stepUp.getByRole("button", { name: "Confirm" })).toHaveAttribute("aria-disabled", "true");
  await stepUp.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Nothing was done: you did not confirm that it is you.")).toBeVisible();
});

test("a new password says before what it ends, and ends it", async ({ openDesk, createPerson, server }) => {
  const person = await createPerson("operator", "password");
  const other = await clientOf(server.url, person);
  await other.access.keys.create.mutate({ name: "ends with the password" });
  const page = await openDesk(person);
  await page.goto("/settings/me");
  await panelOf(page, "Password").getByRole("button", { name: "Change password…" }).click();
  const change = dialogOf(page, "Change password");
  await expect(change.getByText("This ends 1 other session and 1 API key. You stay signed in here.")).toBeVisible();
  await expect(change.getByText("12 to 128 characters.", { exact: false })).toBeVisible();
  const [current, next] = [change.getByLabel("Current password"), change.getByLabel("New password")];
  await expect(current).toBeFocused();
  await current.fill("not my password");
  await next.fill("too short");
  await change.getByRole("button", { name: "Change password" }).click();
  await expect(next).toHaveAccessibleDescription(/12 characters at least\./);
  await next.fill("a password that is new");
  await change.getByRole("button", { name: "Change password" }).click();
  await expect(current).toHaveAccessibleDescription("This is not your current password.");
  await current.fill(person.password);
  await change.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Password changed")).toBeVisible();
  await expect(page.getByText("Ended: 1 other session, 1 API key.")).toBeVisible();
  await expect(panelOf(page, "Your sessions").getByRole("listitem")).toHaveCount(1);
  await expect(other.access.me.query()).rejects.toMatchObject({ data: { httpStatus: 401 } });

  await page.context().clearCookies();
  await page.goto("/sign-in");
  await submitSignIn(page, person);
  await expect(page.getByRole("alert")).toHaveText("The email or the password is wrong.");
  await submitSignIn(page, { ...person, password: "a password that is new" });
  await expect(page).toHaveURL(/\/overview$/);
});

test("a viewer keeps their own credentials and is told what ending sessions needs", async ({
  openDesk,
  createPerson,
  server,
}) => {
  const person = await createPerson("viewer", "viewer");
  await clientOf(server.url, person);
  const page = await openDesk(person);
  await page.goto("/settings/me");
  const sessions = panelOf(page, "Your sessions");
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  for (const [name, right] of [
    ["Sign out everywhere else…", "access.sessions.revokeAll"],
    [/^End the session/, "access.sessions.revoke"],
  ] as const) {
    const button = sessions.getByRole("button", { name });
    await expect(button).toHaveAttribute("aria-disabled", "true");
    await button.focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    const why = `Needs ${right}, which the role viewer does not have.`;
    await expect(page.getByRole("tooltip").getByText(why, { exact: true })).toBeVisible();
  }
  await expect(panelOf(page, "Password").getByRole("button", { name: "Change password…" })).toBeEnabled();
  await expect(panelOf(page, "Two-step sign-in").getByRole("button", { name: "Set up…" })).toBeEnabled();
});

test("the access page states the policy of the server and finds what asks to confirm", async ({ desk }) => {
  await desk.goto("/settings/access");
  const policy = panelOf(desk, "Sign-in policy");
  await expect(policy.getByText("15 minutes after 5 wrong tries on an account, or 50 from an address")).toBeVisible();
  await expect(policy.getByText(/^again after 10 minutes, for \d+ procedures/)).toBeVisible();
  await expect(policy.getByText(/^ends 7 days after it was last used/)).toBeVisible();
  await desk.getByRole("button", { name: "Confirming" }).click();
  await desk.getByRole("menuitem", { name: "asked for" }).click();
  await expect(desk).toHaveURL(/confirming=asked/);
  await expect(desk.getByRole("rowheader", { name: /^users\.delete/ })).toBeVisible();
  await expect(desk.getByRole("rowheader", { name: /^users\.list/ })).toHaveCount(0);
  await desk.getByRole("button", { name: "May call" }).click();
  await desk.getByRole("menuitem", { name: "operator" }).click();
  await expect(desk.getByRole("rowheader", { name: /^users\.delete/ })).toHaveCount(0);
  await expect(desk.getByRole("rowheader", { name: /^access\.keys\.create/ })).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`nothing about signing in and proving who one is breaks a rule of axe in the ${colorScheme} theme`, async ({
    openDesk,
    createPerson,
    server,
  }) => {
    test.slow();
    const named = namedUrlOf(server);
    const person = await createPerson("operator", "axe-security");
    await clientOf(server.url, person);
    const page = await openDesk();
    await page.emulateMedia({ colorScheme });
    await plugInAuthenticator(page);
    await page.goto(`${named}/sign-in`);
    await submitSignIn(page, { ...person, password: "wrong password" });
    await expect(page.getByRole("alert")).toBeVisible();
    await expectNoViolations(page, "a refused sign-in, with a passkey button");
    await submitSignIn(page, person);
    await expect(page).toHaveURL(/overview$/);
    await page.goto(`${named}/settings/me`);
    const open = async (panel: string, button: string, dialog: string): Promise<Locator> => {
      await panelOf(page, panel).getByRole("button", { name: button }).click();
      await expect(dialogOf(page, dialog)).toBeVisible();
      await expectNoViolations(page, dialog);
      return dialogOf(page, dialog);
    };
    const change = await open("Password", "Change password…", "Change password");
    await change.getByRole("button", { name: "Change password" }).click();
    await expectNoViolations(page, "a password form with errors");
    await page.keyboard.press("Escape");

    await open("Passkeys", "Add a passkey…", "Add a passkey");
    await page.keyboard.press("Enter");
    await expect(panelOf(page, "Passkeys").getByRole("listitem")).toHaveCount(1);
    await open("Passkeys", "Rename Chrome", "Rename passkey");
    await page.keyboard.press("Escape");

    const setUp = await open("Two-step sign-in", "Set up…", "Set up two-step sign-in");
    await setUp.getByLabel("Your password").fill(person.password);
    await page.keyboard.press("Enter");
    await expect(setUp.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
    await expectNoViolations(page, "the QR code");
    const app = createAuthenticatorApp(await setUp.getByText(/^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/).innerText());
    await setUp.getByLabel(/^Six-digit code/).fill(app.nextCode());
    const codes = dialogOf(page, "Your recovery codes");
    await expect(codes).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(codes.getByText("Store them first, then tick this.")).toBeVisible();
    await expectNoViolations(page, "the recovery codes");
    await codes.getByRole("checkbox").check();
    await codes.getByRole("button", { name: "Done" }).click();
    await expectNoViolations(page, "the settings with everything on");

    await letConfirmationLapse(server, page, person);
    const act = await open("Your sessions", "Sign out everywhere else…", "Sign out everywhere else?");
    await act.getByRole("button", { name: /^End \d/ }).click();
    await expect(dialogOf(page, "Confirm it is you")).toBeVisible();
    await expectNoViolations(page, "the confirmation");
    await page.keyboard.press("Escape");
    await expect(act.getByRole("status")).toBeVisible();
    await expectNoViolations(page, "an act that was called off");

    await page.context().clearCookies();
    await page.goto("/sign-in");
    await submitSignIn(page, person);
    await expect(page.getByLabel("Six-digit code")).toBeVisible();
    await expectNoViolations(page, "the second step");
    await page.getByRole("button", { name: "Use a recovery code instead" }).click();
    await expectNoViolations(page, "the recovery code");
  });
}
