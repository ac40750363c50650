import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { changeInDatabaseOf } from "../packages/testing/src/server-database.ts";
import { type Client, clientOf, expect, owner, type Person, test, unique } from "./desk.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

function rowsOf(page: Page): Locator {
  return page.getByRole("table", { name: "Audit" }).getByRole("row");
}
function peekOf(page: Page, action: string): Locator {
  return page.getByRole("complementary", { name: action });
}

/** A control that is off and says why, to the keyboard as well. */
async function expectOff(control: Locator, why: string): Promise<void> {
  await expect(control).toHaveAttribute("aria-disabled", "true");
  await control.focus();
  // As the keyboard does it: after a click a focus that a script sets does not open the reason.
  await control.press("Shift+Tab");
  await control.page().keyboard.press("Tab");
  await expect(control).toBeFocused();
  await expect(control).toHaveAccessibleDescription(why);
}

/** The newest event of an act on something. */
async function eventOf(client: Client, action: string, targetId: string): Promise<{ id: string; at: string }> {
  const { items } = await client.audit.list.query({ action, targetId, limit: 1 });
  const [event] = items;
  if (!event) throw new Error(`The log has no ${action} on ${targetId}.`);
  return event;
}

async function promote(client: Client, person: Person): Promise<{ id: string; at: string }> {
  await client.users.setRole.mutate({ id: person.id, role: "operator", reason: "joins the night shift" });
  return eventOf(client, "users.setRole", person.id);
}

test("an operator finds an act in the log, reads what it changed, takes it back and sees both on the charts", async ({
  desk,
  client,
  createPerson,
}) => {
  const person = await createPerson("viewer", "promoted");
  const done = await promote(client, person);
  await desk.goto(`/audit?target=${person.id}`);
  const row = rowsOf(desk).filter({ hasText: "users.setRole" });
  await expect(row).toHaveCount(1);
  await row.click();
  const peek = peekOf(desk, "users.setRole");
  await expect(peek.getByRole("definition").filter({ hasText: "viewer" })).toContainText("−");
  await expect(peek.getByRole("definition").filter({ hasText: "operator" }).first()).toContainText("+");
  await expect(peek).toContainText("joins the night shift");
  await expect(peek).toContainText(owner.email);
  await expect(peek).toContainText("127.0.0.1");

  await desk.keyboard.press("z");
  const dialog = desk.getByRole("dialog", { name: "Undo users.setRole?" });
  await expect(dialog).toContainText(`Runs users.setRole on`);
  await expect(dialog.getByRole("definition").filter({ hasText: "operator" })).toContainText("−");
  await expect(dialog.getByRole("definition").filter({ hasText: "viewer" })).toContainText("+");
  expect((await client.users.get.query({ id: person.id })).role, "nothing is done before it is confirmed").toBe(
    "operator",
  );
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await dialog.getByLabel("Reason").fill("was the wrong person");
  await desk.keyboard.press("Control+Enter");
  await expect(dialog).toBeHidden();
  const toast = desk.getByRole("region", { name: "Messages" });
  await expect(toast).toContainText("users.setRole undone");
  expect((await client.users.get.query({ id: person.id })).role).toBe("viewer");

  // Both events know of each other.
  await expect(peek).toContainText("Undone by");
  await expect(rowsOf(desk).filter({ hasText: "undone" })).toContainText("users.setRole");
  const undoButton = peek.getByRole("button", { name: "Undo" });
  await expectOff(undoButton, "This was undone already.");
  await peek.getByRole("listitem").filter({ hasText: "Undone by" }).getByRole("link").click();
  await expect(desk).not.toHaveURL(new RegExp(done.id));
  const undoing = desk.getByRole("complementary");
  await expect(undoing).toContainText("was the wrong person");
  await undoing.getByRole("listitem").filter({ hasText: "Undoes" }).getByRole("link").click();
  await expect(desk).toHaveURL(new RegExp(done.id));

  await peek.getByRole("link", { name: "Show on charts" }).click();
  await expect(desk).toHaveURL(new RegExp(`/overview\\?.*mark=${done.id}`));
  const marked = desk.getByRole("status").filter({ hasText: "Marked on the charts" });
  await expect(marked).toContainText(`users.setRole by ${owner.email}`);
  for (const chart of ["Latency", "Throughput"]) {
    await expect(markersOf(desk, chart).first()).toBeVisible();
  }
  await marked.getByRole("link", { name: "Open event" }).click();
  await expect(desk).toHaveURL(new RegExp(`/audit\\?peek=${done.id}`));
});

/** Links and menus above the plot of a chart. */
function markersOf(page: Page, chart: string): Locator {
  const group = page.getByRole("region", { name: chart }).getByRole("group", { name: /^Events on the chart/ });
  return group.getByRole("link").or(group.getByRole("button"));
}

test("a pause stands on the charts with who did it, for the keyboard as well, and z takes it back", async ({
  desk,
  client,
}) => {
  const queue = "imports";
  await client.queue.queues.pause.mutate({ name: queue });
  const { id } = await eventOf(client, "queue.queues.pause", queue);
  await desk.goto(`/overview?range=5m&mark=${id}`);
  const markers = markersOf(desk, "Throughput");
  await expect(markers.first()).toBeVisible();
  // One stop for the Tab key; the arrows go on from there.
  await markers.first().focus();
  await desk.keyboard.press("End");
  const focused = desk.locator(":focus");
  await expect(focused).toHaveAccessibleName(/queue\.queues\.pause on imports by owner@|\d+ events/);
  await expect(desk.getByRole("tooltip").filter({ visible: true })).toBeVisible();
  await desk.keyboard.press("Enter");
  const inMenu = desk.getByRole("menuitem", { name: /queue\.queues\.pause on imports/ });
  const peek = peekOf(desk, "queue.queues.pause");
  await expect(inMenu.or(peek).first()).toBeVisible();
  if (await inMenu.isVisible()) await inMenu.click();
  await expect(peek).toBeVisible();

  await desk.keyboard.press("Escape");
  await expect(peek).toBeHidden();
  await desk.goto(`/audit?action=queue.queues.pause&target=${queue}&undo=possible`);
  await expect(rowsOf(desk).filter({ hasText: "queue.queues.pause" })).toHaveCount(1);
  await desk.keyboard.press("j");
  await expect(desk.locator(":focus")).toContainText("queue.queues.pause");
  await desk.keyboard.press("z");
  const dialog = desk.getByRole("dialog", { name: "Undo queue.queues.pause?" });
  await expect(dialog).toContainText("Runs queue.queues.resume on imports.");
  await dialog.getByRole("button", { name: "Undo" }).click();
  await expect(dialog).toBeHidden();
  const { items } = await client.queue.queues.list.query();
  expect(items.find(({ name }) => name === queue)?.paused).toBe(false);
  // What can no longer be undone has left a list of what can.
  await expect(desk.getByText("No event matches these filters")).toBeVisible();
});

test("an undo of what has changed since is refused, by the preview and by the server", async ({
  desk,
  client,
  createPerson,
}) => {
  const person = await createPerson("viewer", "renamed");
  await client.users.update.mutate({ id: person.id, name: "First Name" });
  const { id } = await eventOf(client, "users.update", person.id);
  await client.users.update.mutate({ id: person.id, name: "Second Name" });
  await desk.goto(`/audit?peek=${id}`);
  await peekOf(desk, "users.update").getByRole("button", { name: "Undo" }).click();
  const dialog = desk.getByRole("dialog", { name: "Undo users.update?" });
  await expect(dialog.getByRole("alert")).toContainText("It has been changed since.");
  await expect(dialog.getByRole("button", { name: "Undo" })).toHaveAttribute("aria-disabled", "true");
  await expect(client.audit.undo.mutate({ id })).rejects.toMatchObject({ data: { app: { code: "UNDO_STALE" } } });
  expect((await client.users.get.query({ id: person.id })).name).toBe("Second Name");
});

test("what has no opposite says so, and secrets are in the log as redacted", async ({ desk, client }) => {
  const key = `${unique("secret")}:settings`;
  await client.cache.set.mutate({ key, value: { region: "eu", token: "do-not-keep-this" } });
  const { id } = await eventOf(client, "cache.set", key);
  await desk.goto(`/audit?peek=${id}`);
  const peek = peekOf(desk, "cache.set");
  await expect(peek.getByRole("definition").filter({ hasText: "[redacted]" })).toHaveText(
    "[redacted] secret, not kept in the log",
  );
  await expect(peek).toContainText("value.region");
  await expect(desk.getByRole("main")).not.toContainText("do-not-keep-this");
  await expectOff(peek.getByRole("button", { name: "Undo" }), "Nothing takes this back: it has no opposite.");
  await desk.keyboard.press("z");
  await expect(desk.getByRole("dialog")).toHaveCount(0);
});

test("every filter is in the address, and a bad one is set aside", async ({ desk, client, server, createPerson }) => {
  const person = await createPerson("viewer", "filtered");
  await promote(client, person);
  const theirs = await clientOf(server.url, person);
  await expect(theirs.users.delete.mutate({ id: person.id })).rejects.toMatchObject({ data: { httpStatus: 403 } });
  await desk.goto("/audit?outcome=exploded");
  await expect(desk.getByText("outcome = exploded is not understood, so it is ignored.")).toBeVisible();
  await desk.goto(`/audit?q=${person.email}`);
  await expect(rowsOf(desk).filter({ hasText: "users.delete" })).toContainText("Refused");
  await desk.goto(`/audit?target=${person.id}`);

  const add = async (filter: string, value: string): Promise<void> => {
    await desk.getByRole("group", { name: "Filters" }).getByRole("button", { name: filter, exact: true }).click();
    await desk.getByRole("menuitem", { name: value, exact: true }).click();
  };
  await expect(rowsOf(desk).filter({ hasText: "users.create" })).toHaveCount(1);
  await add("Outcome", "OK");
  await expect(desk).toHaveURL(/outcome=ok/);
  await add("Action", "users");
  await add("Via", "session");
  await add("Undo", "possible");
  await add("Actor", "Me");
  await add("Time", "Last hour");
  await expect(desk).toHaveURL(/action=users&.*via=session&.*undo=possible&.*actor=[0-9a-f-]{36}&.*from=/);
  await expect(rowsOf(desk).filter({ hasText: "users.setRole" })).toHaveCount(1);
  await desk.reload();
  await expect(rowsOf(desk).filter({ hasText: "users.setRole" })).toHaveCount(1);
  await desk.getByRole("button", { name: "Remove the filter Undo" }).click();
  await expect(desk).not.toHaveURL(/undo=/);
  await desk.goBack();
  await expect(desk).toHaveURL(/undo=possible/);
});

test("a time of one's own is set by two fields", async ({ desk, client, createPerson }) => {
  const person = await createPerson("viewer", "period");
  await desk.goto(`/audit?target=${person.id}`);
  await expect(rowsOf(desk).filter({ hasText: "users.create" })).toHaveCount(1);
  await desk.getByRole("group", { name: "Filters" }).getByRole("button", { name: "Time" }).click();
  await desk.getByRole("menuitem", { name: "From … to …" }).click();
  const dialog = desk.getByRole("dialog", { name: "Events of a time" });
  await dialog.getByLabel("From").fill("2026-01-02T03:04");
  await dialog.getByLabel("To").fill("2026-01-01T00:00");
  await expect(dialog.getByRole("button", { name: "Show events" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("To").fill("2026-01-03T00:00");
  await dialog.getByRole("button", { name: "Show events" }).click();
  await expect(desk).toHaveURL(/from=2026-01-02T03%3A04%3A00.000Z&.*to=2026-01-03T00%3A00%3A00.000Z/);
  await expect(desk.getByText("No event matches these filters")).toBeVisible();
  expect((await client.audit.list.query({ targetId: person.id })).items).toHaveLength(1);
});

test("the log is downloaded as it is filtered, and the download is an event of its own", async ({
  desk,
  client,
  createPerson,
}) => {
  const person = await createPerson("viewer", "exported");
  await promote(client, person);
  await desk.goto(`/audit?target=${person.id}&action=users.setRole`);
  await expect(rowsOf(desk).filter({ hasText: "users.setRole" })).toHaveCount(1);
  const read = async (format: string): Promise<string[]> => {
    await desk.getByRole("button", { name: "Export" }).click();
    const started = desk.waitForEvent("download");
    await desk.getByRole("menuitem", { name: format }).click();
    const download = await started;
    expect(download.suggestedFilename()).toMatch(new RegExp(`\\.${format.toLowerCase()}$`));
    return (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/);
  };
  const lines = await read("NDJSON");
  expect(lines).toHaveLength(1);
  const event = JSON.parse(lines[0] ?? "") as { id: string; targetId: string; after: unknown };
  expect(event).toMatchObject({ action: "users.setRole", targetId: person.id, after: { role: "operator" } });
  expect(event.id).toMatch(uuid);
  const [head, ...rows] = await read("CSV");
  expect(head).toContain("action");
  expect(rows).toHaveLength(1);
  expect(rows[0]).toContain(person.id);
  await expect
    .poll(async () => (await client.audit.list.query({ action: "audit.export" })).items.length)
    .toBeGreaterThanOrEqual(2);
});

test("the log says how sure it is, and an owner alone sets how long it is kept", async ({
  desk,
  client,
  openDesk,
  createPerson,
}) => {
  await desk.goto("/audit");
  const main = desk.getByRole("main");
  await expect(main.getByRole("list", { name: "The log" }).getByRole("listitem")).toHaveText([
    /^[\d,]+ events$/,
    /^chain head [0-9a-f]{8}…$/,
    "kept forever",
    /^rows protected by (a database role of their own|triggers only)$/,
  ]);
  const about = async (page: Page): Promise<Locator> => {
    await page.getByRole("button", { name: "What this means" }).click();
    const help = page.getByRole("dialog", { name: "What this means" });
    await expect(help).toContainText("npx pnpm audit:verify");
    return help;
  };
  await (await about(desk)).getByRole("button", { name: "Change how long…" }).click();
  const dialog = desk.getByRole("dialog", { name: "How long events are kept" });
  await expect(dialog.getByRole("button", { name: "Keep forever" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("radio", { name: "for a number of days" }).check();
  await dialog.getByLabel("Days", { exact: true }).fill("7");
  await expect(dialog.getByRole("button", { name: /^Keep for/ })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Days", { exact: true }).fill("400");
  await expect(dialog).toContainText("so none is deleted now");
  await dialog.getByRole("button", { name: "Keep for 400 days" }).click();
  await expect(dialog).toBeHidden();
  await expect(main).toContainText("kept for 400 days");

  await desk.goto("/audit?action=audit.retention.set&undo=possible");
  await rowsOf(desk).filter({ hasText: "audit.retention.set" }).first().click();
  await desk.keyboard.press("z");
  await desk.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
  await expect(main).toContainText("kept forever");
  expect((await client.audit.integrity.query()).retentionDays).toBeNull();

  const operator = await createPerson("operator", "keeper");
  const theirs = await openDesk(operator);
  await theirs.goto("/audit");
  const change = (await about(theirs)).getByRole("button", { name: "Change how long…" });
  await expectOff(change, "Needs audit.retention.set, which the role operator does not have.");
});

test("whoever lacks the right to the opposite act is told by the preview", async ({
  client,
  openDesk,
  createPerson,
}) => {
  const person = await createPerson("viewer", "raised");
  const { id } = await promote(client, person);
  const theirs = await openDesk(await createPerson("operator", "curious"));
  await theirs.goto(`/audit?peek=${id}`);
  await peekOf(theirs, "users.setRole").getByRole("button", { name: "Undo" }).click();
  const dialog = theirs.getByRole("dialog", { name: "Undo users.setRole?" });
  await expect(dialog.getByRole("alert")).toHaveText("Needs users.setRole, which the role operator does not have.");
  await expect(dialog.getByRole("button", { name: "Undo" })).toHaveAttribute("aria-disabled", "true");
  expect((await client.users.get.query({ id: person.id })).role).toBe("operator");
});

test("an undo of what asks for a confirmation asks for it, and goes on after it", async ({
  client,
  openDesk,
  createPerson,
  server,
}) => {
  const person = await createPerson("viewer", "lapsed");
  const { id } = await promote(client, person);
  const admin = await createPerson("admin", "admin");
  const theirs = await openDesk(admin);
  await theirs.goto(`/audit?peek=${id}`);
  await expect(peekOf(theirs, "users.setRole")).toBeVisible();
  const lapse = "UPDATE session SET verified_at = now() - interval '11 minutes' WHERE user_id = $1";
  expect(await changeInDatabaseOf(server, lapse, [admin.id])).toBe(1);
  // What is known of a session is kept for seconds.
  await expect
    .poll(async () => (await (await theirs.request.get("/trpc/access.me")).text()).includes('"isVerified":false'))
    .toBe(true);

  await theirs.keyboard.press("z");
  const dialog = theirs.getByRole("dialog", { name: "Undo users.setRole?" });
  await expect(dialog).toContainText("Before it runs, you are asked to confirm that it is you.");
  await expect(dialog.getByRole("alert")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Undo" }).click();
  const confirm = theirs.getByRole("dialog", { name: "Confirm it is you" });
  await confirm.getByLabel("Your password").fill(admin.password);
  await theirs.keyboard.press("Enter");
  await expect(confirm).toBeHidden();
  await expect(dialog).toBeHidden();
  await expect(theirs.getByRole("region", { name: "Messages" })).toContainText("users.setRole undone");
  expect((await client.users.get.query({ id: person.id })).role).toBe("viewer");
});
