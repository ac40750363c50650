import type { Page } from "@playwright/test";
import { changeInDatabaseOf } from "../packages/testing/src/server-database.ts";
import { type Credentials, expect, owner, test } from "./desk.ts";
import { turnOnTwoFactor } from "./second-factor.ts";

async function submit(page: Page, { email, password }: Credentials): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Seconds that the page says are left. */
async function readCountdown(page: Page): Promise<number> {
  const [, minutes, seconds] = /(\d\d):(\d\d)/.exec(await page.getByRole("timer").innerText()) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

test("an operator signs in and lands on the overview", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in\b/);
  await expect(page.getByText("Server ready")).toBeVisible();
  await submit(page, owner);
  await expect(page).toHaveURL(/\/overview$/);
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
});

test("a wrong password says so, keeps the email and goes to the password", async ({ page, createPerson }) => {
  const person = await createPerson("viewer");
  await page.goto("/sign-in");
  await submit(page, { ...person, password: "not the password" });
  await expect(page.getByRole("alert")).toHaveText("The email or the password is wrong.");
  await expect(page.getByLabel("Email")).toHaveValue(person.email);
  const password = page.getByRole("textbox", { name: "Password" });
  await expect(password).toHaveValue("");
  await expect(password).toBeFocused();
  await password.fill(person.password);
  await password.press("Enter");
  await expect(page).toHaveURL(/\/overview$/);
});

test("an empty form says what is missing and asks nothing of the server", async ({ page }) => {
  await page.goto("/sign-in");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription("Enter your email.");
  await expect(page.getByRole("textbox", { name: "Password" })).toHaveAccessibleDescription("Enter your password.");
  expect(asked.filter((line) => line.startsWith("POST"))).toEqual([]);
});

test("a locked account shows a countdown that a reload does not start anew", async ({ page, createPerson }) => {
  const [person, other] = [await createPerson("viewer", "locked"), await createPerson("viewer", "other")];
  await page.goto("/sign-in");
  for (let failures = 0; failures < 5; failures += 1) {
    const refused = page.waitForResponse(/\/api\/auth\/sign-in\/email$/);
    await submit(page, { ...person, password: `wrong password ${failures}` });
    expect((await refused).status()).toBe(401);
    await expect(page.getByRole("alert")).toBeVisible();
  }
  await submit(page, person);
  await expect(page.getByRole("status").filter({ hasText: "Too many attempts." })).toBeVisible();
  const first = await readCountdown(page);
  expect(first).toBeGreaterThan(14 * 60);
  expect(first).toBeLessThanOrEqual(15 * 60);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeDisabled();
  await expect.poll(() => readCountdown(page)).toBeLessThan(first);

  await page.reload();
  // The page does not remember; the server does, and names what is left of the same quarter of an hour.
  await submit(page, person);
  await expect(page.getByRole("timer")).toBeVisible();
  expect(await readCountdown(page)).toBeLessThan(first);

  await submit(page, other);
  await expect(page).toHaveURL(/\/overview$/);
});

test("a suspended person is told so, and somebody else may sign in from the same page", async ({
  page,
  createPerson,
  client,
}) => {
  const [suspended, other] = [await createPerson("viewer", "suspended"), await createPerson("viewer", "other")];
  await client.users.suspend.mutate({ id: suspended.id });
  await page.goto("/sign-in");
  await submit(page, suspended);
  await expect(page.getByRole("alert")).toHaveText("This account is suspended. An admin can restore it.");
  await submit(page, other);
  await expect(page).toHaveURL(/\/overview$/);
});

test("a deep link is kept through the sign-in, with its filters", async ({ page, createPerson }) => {
  const person = await createPerson("admin", "deep");
  await page.goto(`/users?q=${person.email}&role=admin`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByText("You will go on to Users with your filters kept.")).toBeVisible();
  await submit(page, person);
  await expect(page).toHaveURL(new RegExp(`/users\\?q=${encodeURIComponent(person.email)}&role=admin$`));
  await expect(page.getByRole("searchbox", { name: "Email or name" })).toHaveValue(person.email);
  await expect(page.getByRole("table", { name: "Users" }).getByRole("row", { name: person.email })).toBeVisible();
});

test("a code of the app comes after the password, is pasted with its space and goes off by itself", async ({
  page,
  context,
  server,
  createPerson,
}) => {
  const person = await createPerson("admin", "two-step");
  const { app } = await turnOnTwoFactor(server.url, person);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`/users?q=${person.email}&role=admin`);
  await submit(page, person);
  await expect(page.getByRole("heading", { name: "Enter your code" })).toBeVisible();
  await expect(page.getByText(person.email)).toBeVisible();
  const code = page.getByLabel("Six-digit code");
  await expect(code).toBeFocused();
  await expect(code).toHaveAttribute("inputmode", "numeric");
  await expect(code).toHaveAttribute("autocomplete", "one-time-code");
  // Halfway in is not in.
  expect((await page.request.get("/trpc/access.me")).status()).toBe(401);

  const digits = app.nextCode();
  await page.evaluate((text) => navigator.clipboard.writeText(text), `${digits.slice(0, 3)} ${digits.slice(3)}\n`);
  await code.press("Control+V");
  await expect(page).toHaveURL(new RegExp(`/users\\?q=${encodeURIComponent(person.email)}&role=admin$`));
});

test("a wrong code says so and is typed anew, and the fifth wrong try locks with a countdown", async ({
  page,
  server,
  createPerson,
}) => {
  const person = await createPerson("viewer", "codes");
  await turnOnTwoFactor(server.url, person);
  await page.goto("/sign-in");
  await submit(page, person);
  const code = page.getByLabel("Six-digit code");
  for (let failures = 0; failures < 5; failures += 1) {
    const refused = page.waitForResponse(/\/two-factor\/verify-totp$/);
    await code.fill(String(failures).repeat(6));
    expect((await refused).status()).toBe(401);
    await expect(page.getByRole("alert")).toHaveText("This code is wrong or too old. Take the one the app shows now.");
    await expect(code).toHaveValue("");
    await expect(code).toBeFocused();
  }
  await code.fill("123456");
  await expect(page.getByRole("status").filter({ hasText: "Too many attempts." })).toBeVisible();
  expect(await readCountdown(page)).toBeGreaterThan(14 * 60);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeDisabled();

  // The lock is of the account: the way back to the password does not lead around it.
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByLabel("Email")).toHaveValue(person.email);
  await expect(page.getByRole("textbox", { name: "Password" })).toBeFocused();
  await submit(page, person);
  await expect(page.getByRole("timer")).toBeVisible();
});

test("a recovery code signs in instead of the app, and only once", async ({ page, server, createPerson }) => {
  const person = await createPerson("operator", "recovery");
  const { recoveryCodes } = await turnOnTwoFactor(server.url, person);
  const enter = async (): Promise<void> => {
    await page.goto("/sign-in?next=/keys");
    await submit(page, person);
    await page.getByRole("button", { name: "Use a recovery code instead" }).click();
    await expect(page.getByRole("heading", { name: "Use a recovery code" })).toBeVisible();
    await expect(page.getByLabel("Recovery code")).toBeFocused();
    await page.getByLabel("Recovery code").fill(` ${recoveryCodes[3]} `);
    await page.getByLabel("Recovery code").press("Enter");
  };
  await enter();
  await expect(page).toHaveURL(/\/keys$/);
  await page.context().clearCookies();
  await enter();
  await expect(page.getByRole("alert")).toHaveText("This recovery code is wrong, or it was used before.");
  await page.getByRole("button", { name: "Use the app instead" }).click();
  await expect(page.getByLabel("Six-digit code")).toBeFocused();
});

test("a second step that comes too late asks for the password again and says why", async ({
  page,
  server,
  createPerson,
}) => {
  const person = await createPerson("viewer", "late");
  const { app } = await turnOnTwoFactor(server.url, person);
  await page.goto("/sign-in");
  await submit(page, person);
  await expect(page.getByLabel("Six-digit code")).toBeVisible();
  const lapse = "UPDATE verification SET expires_at = now() - interval '1 s' WHERE value = $1";
  expect(await changeInDatabaseOf(server, lapse, [person.id])).toBe(1);
  await page.getByLabel("Six-digit code").fill("123456");
  await expect(page.getByRole("status").filter({ hasText: "not finished in time" })).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue(person.email);
  await submit(page, person);
  await page.getByLabel("Six-digit code").fill(app.nextCode());
  await expect(page).toHaveURL(/\/overview$/);
});

test("at an IP address the page says why there are no passkeys and where there are", async ({ page, server }) => {
  await page.goto("/sign-in?next=/users");
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toHaveCount(0);
  const named = server.url.replace("127.0.0.1", "localhost");
  await page.getByText("Passkeys do not work on an IP address.").getByRole("link", { name: named }).click();
  await expect(page).toHaveURL(`${named}/sign-in?next=/users`);
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeVisible();
});

test("a link that leads elsewhere after the sign-in is not followed", async ({ page }) => {
  await page.goto("/sign-in?next=//evil.test/steal");
  await submit(page, owner);
  await expect(page).toHaveURL(/\/overview$/);
});

test("signing out ends the session itself, not only the page", async ({ openDesk, createPerson, server }) => {
  const person = await createPerson("operator");
  const page = await openDesk(person);
  await page.goto("/users");
  await expect(page.getByRole("table", { name: "Users" })).toBeVisible();
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const askMe = async () => (await fetch(`${server.url}/trpc/access.me`, { headers: { cookie } })).status;
  expect(await askMe()).toBe(200);

  await page.getByRole("button", { name: person.name }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  expect(await askMe()).toBe(401);
  await page.goBack();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole("table")).toHaveCount(0);
});
