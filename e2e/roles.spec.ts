import type { Locator, Page } from "@playwright/test";
import { type Client, clientOf, expect, type Person, test, unique } from "./desk.ts";

/** Words that begin the name of a control which changes something. */
const ACT =
  /^(New|Import|Edit|Role…|Suspend|Restore|Delete|Retry|Cancel|Run now|Enqueue|Pause|Resume|Set key|Refresh TTL|End|Sign out|Rotate|Revoke|Revert|Keep|Quiet|Undo|Abort|Start|Choose|Change how long|Reset)/;

async function expectOff(page: Page, control: Locator, right: string): Promise<void> {
  await expect(control).toHaveAttribute("aria-disabled", "true");
  // By the keyboard, which is where a control that is off is easily out of reach.
  await control.focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await expect(control).toBeFocused();
  const why = `Needs ${right}, which the role viewer does not have.`;
  // That of the control before may still be on its way out.
  await expect(page.getByRole("tooltip").filter({ hasText: why })).toBeVisible();
  await expect(control).toHaveAccessibleDescription(new RegExp(right.replaceAll(".", "\\.")));
}

async function expectNoActIsOn(page: Page, where: string): Promise<void> {
  const acts = page.getByRole("main").getByRole("button", { name: ACT });
  for (const control of await acts.all()) {
    const name = await control.innerText();
    await expect.soft(control, `"${name}" on ${where}`).toHaveAttribute("aria-disabled", "true");
  }
}

async function makeThings(client: Client) {
  const key = `${unique("roles")}:value`;
  await client.cache.set.mutate({ key, value: { for: "the viewer to see" } });
  const { id: jobId } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 });
  const { id: scheduleId } = await client.queue.schedules.create.mutate({
    name: unique("Nightly"),
    jobName: "lab.sleep",
    input: { ms: 1 },
    cron: "0 3 * * *",
  });
  return { key, jobId, scheduleId };
}

/** A key and a session of somebody who may make them, and is a viewer from then on. */
async function makeOwnThings(
  url: string,
  client: Client,
  person: Person,
): Promise<{ keyId: string; sessionId: string }> {
  const before = await clientOf(url, person);
  const { id: keyId } = await before.access.keys.create.mutate({ name: unique("roles"), role: "viewer" });
  await client.users.setRole.mutate({ id: person.id, role: "viewer" });
  // That of before has ended with the role.
  const { items } = await (await clientOf(url, person)).access.sessions.list.query({});
  return { keyId, sessionId: items[0]?.id ?? "" };
}

test("a viewer finds every act on every page off, each naming the right that it needs", async ({
  openDesk,
  createPerson,
  client,
  server,
}) => {
  test.slow();
  const [viewer, other] = [await createPerson("operator"), await createPerson("operator")];
  const { key, jobId, scheduleId } = await makeThings(client);
  const { keyId, sessionId } = await makeOwnThings(server.url, client, viewer);
  const { id: importId } = await client.users.import.mutate({ csv: `email\n${unique("imported")}@desk.test\n` });
  const page = await openDesk(viewer);
  const places: readonly { path: string; heading: string; off: Readonly<Record<string, string>> }[] = [
    { path: "/overview", heading: "Overview", off: {} },
    { path: "/procedures?peek=users.list", heading: "Procedures", off: {} },
    {
      path: `/queue/jobs?peek=${jobId}`,
      heading: "Jobs",
      off: {
        "Cancel job": "queue.jobs.cancel",
        "Run now": "queue.jobs.runNow",
        "Edit input": "queue.jobs.updateInput",
      },
    },
    {
      path: `/queue/jobs/${jobId}`,
      heading: "lab.sleep",
      off: { "Delete…": "queue.jobs.delete", "Cancel job": "queue.jobs.cancel", "Run now": "queue.jobs.runNow" },
    },
    { path: "/queue/errors", heading: "Errors", off: {} },
    { path: "/queue/schedules", heading: "Schedules", off: { "New schedule": "queue.schedules.create" } },
    {
      path: `/queue/schedules/${scheduleId}`,
      heading: "Nightly",
      off: {
        "Run now": "queue.schedules.runNow",
        Pause: "queue.schedules.update",
        Edit: "queue.schedules.update",
        "Delete…": "queue.schedules.delete",
      },
    },
    { path: "/queue/workers", heading: "Workers", off: {} },
    { path: "/activity", heading: "Activity", off: {} },
    {
      path: `/cache?peek=${encodeURIComponent(key)}`,
      heading: "Cache",
      off: {
        "Set key…": "cache.set",
        "Delete prefix…": "cache.invalidatePrefix",
        Edit: "cache.set",
        Delete: "cache.delete",
      },
    },
    { path: "/limits?peek=read.rate", heading: "Limits", off: { Edit: "limits.update" } },
    {
      path: `/users?peek=${other.id}`,
      heading: "Users",
      off: {
        "New user": "users.create",
        "Import CSV…": "users.import",
        Edit: "users.update",
        "Role…": "users.setRole",
        "Suspend…": "users.suspend",
      },
    },
    {
      path: `/users/${other.id}`,
      heading: other.email,
      off: { Edit: "users.update", "Role…": "users.setRole", "Suspend…": "users.suspend" },
    },
    { path: `/users/${other.id}?tab=sessions`, heading: other.email, off: {} },
    { path: "/users/imports", heading: "Imports", off: {} },
    { path: `/users/imports/${importId}`, heading: "Import", off: {} },
    {
      path: `/sessions?peek=${sessionId}`,
      heading: "Sessions",
      off: {
        "End all…": "access.sessions.revokeAll",
        "End session": "access.sessions.revoke",
        "End all of this person…": "access.sessions.revokeAll",
      },
    },
    {
      path: `/keys?peek=${keyId}`,
      heading: "API keys",
      off: {
        "New key": "access.keys.create",
        "Edit…": "access.keys.update",
        "Rotate…": "access.keys.rotate",
        "Revoke…": "access.keys.revoke",
      },
    },
    { path: "/audit", heading: "Audit", off: {} },
    { path: "/settings/me", heading: "Settings", off: {} },
    { path: "/settings/system", heading: "Settings", off: {} },
    { path: "/settings/access", heading: "Settings", off: {} },
  ];
  for (const { path, heading, off } of places) {
    await test.step(path, async () => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toContainText(heading);
      for (const [name, right] of Object.entries(off)) {
        await expectOff(page, page.getByRole("main").getByRole("button", { name, exact: true }), right);
      }
      await expectNoActIsOn(page, path);
    });
  }
});

test("a viewer's menus and shortcuts do nothing either", async ({ openDesk, createPerson, client }) => {
  const [viewer, other] = [await createPerson("viewer"), await createPerson("operator")];
  const { jobId } = await makeThings(client);
  const page = await openDesk(viewer);
  await page.goto(`/users?peek=${other.id}`);
  const peek = page.getByRole("complementary", { name: other.email });
  await peek.getByRole("button", { name: "More actions" }).click();
  await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeDisabled();
  await expect(page.getByText("Needs users.delete, which the role viewer does not have.")).toBeVisible();
  await page.keyboard.press("Escape");
  for (const key of ["n", "e"]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await page.goto(`/queue/jobs?peek=${jobId}`);
  await expect(page.getByRole("complementary").getByRole("button", { name: "Cancel job" })).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: jobId.slice(-8) });
  await row.hover();
  await row.getByRole("button", { name: /^Actions for lab\.sleep/ }).click();
  for (const name of ["Run now", "Cancel job", "Delete…"]) {
    const item = page.getByRole("menuitem", { name });
    await expect(item).toBeDisabled();
    await expect(item).toHaveAccessibleDescription(/^Needs queue\.jobs\.\w+, which the role viewer does not have\.$/);
  }
  await page.keyboard.press("Escape");
  for (const key of ["n", "e", "r", "p"]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect((await client.queue.jobs.get.query({ id: jobId })).state).toBe("scheduled");
});

test("a page that a viewer cannot see tells which right it takes", async ({ openDesk, createPerson }) => {
  const page = await openDesk(await createPerson("viewer"));
  for (const [path, right] of [
    ["/audit", "audit.list"],
    ["/users/imports", "users.imports.list"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(/^You cannot see /)).toBeVisible();
    await expect(page.getByRole("main")).toContainText(`This needs ${right}, which the role viewer does not have.`);
    await expect(page.getByRole("table")).toHaveCount(0);
  }
});

test("a call past the page is refused and the refusal is in the audit log", async ({
  desk,
  openDesk,
  createPerson,
  client,
  server,
}) => {
  const [viewer, other] = [await createPerson("viewer", "sneaky"), await createPerson("operator")];
  const page = await openDesk(viewer);
  await page.goto("/users");
  const refused = await page.request.post(`${server.url}/trpc/users.suspend`, {
    data: { id: other.id },
    headers: { origin: server.url },
  });
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({
    error: { data: { app: { code: "RIGHT_MISSING", details: { right: "users.suspend" } } } },
  });
  const theirs = await clientOf(server.url, viewer);
  const calls = [
    () => theirs.users.delete.mutate({ id: other.id }),
    () => theirs.users.import.mutate({ csv: "email\nsneaky@desk.test\n" }),
    () => theirs.access.keys.create.mutate({ name: "sneaky", role: "viewer" }),
    () => theirs.access.sessions.revokeAll.mutate({ asOf: new Date(0).toISOString() }),
    () => theirs.audit.undo.mutate({ id: other.id }),
    () => theirs.audit.retention.set.mutate({ days: 30 }),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ data: { httpStatus: 403, app: { code: "RIGHT_MISSING" } } });
  }
  expect((await client.users.get.query({ id: other.id })).status).toBe("active");
  const files = await Promise.all([
    page.request.get("/api/audit/export?format=csv"),
    page.request.post("/api/users/imports?fileName=x.csv", {
      data: "email\nsneaky@desk.test\n",
      headers: { "content-type": "text/csv", origin: server.url },
    }),
  ]);
  for (const file of files) {
    expect(file.status(), file.url()).toBe(403);
    expect(await file.json()).toMatchObject({ code: "RIGHT_MISSING" });
  }

  await desk.goto(`/audit?q=${viewer.email}`);
  const rows = desk.getByRole("table", { name: "Audit" }).getByRole("row");
  const row = rows.filter({ hasText: "users.suspend" });
  await expect(row).toContainText("Refused");
  for (const action of [
    "users.delete",
    "users.import",
    "keys.create",
    "sessions.revokeAll",
    "audit.undo",
    "audit.retention.set",
  ]) {
    await expect(rows.filter({ hasText: action }).first()).toContainText("Refused");
  }
  await row.click();
  const peek = desk.getByRole("complementary", { name: "users.suspend" });
  await expect(peek).toContainText("RIGHT_MISSING");
  await expect(peek).toContainText(viewer.email);
});
