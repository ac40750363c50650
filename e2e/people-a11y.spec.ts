import type { Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { clientOf, expect, test, unique } from "./desk.ts";
import { turnOnTwoFactor } from "./second-factor.ts";

test.describe.configure({ mode: "parallel" });
test.slow();

async function expectNoViolations(page: Page, where: string): Promise<void> {
  expect.soft(await findViolations(page), where).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`no state and no dialog of the people pages breaks a rule of axe in the ${colorScheme} theme`, async ({
    desk,
    client,
    createPerson,
    server,
  }) => {
    await desk.emulateMedia({ colorScheme });
    const dialog = desk.getByRole("dialog");
    const look = async (where: string, path: string, open?: () => Promise<void>): Promise<void> => {
      await test.step(where, async () => {
        await desk.goto(path);
        await expect(desk.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
        await expect(desk.getByText("Live", { exact: true })).toBeVisible();
        if (open) {
          await open();
          await expect(dialog).toBeVisible();
        }
        await expectNoViolations(desk, where);
      });
    };
    const press = (name: string) => (): Promise<void> =>
      desk.getByRole("button", { name, exact: true }).first().click();

    const person = await createPerson("operator", "axe-people");
    await turnOnTwoFactor(server.url, person);
    const theirs = await clientOf(server.url, await createPerson("operator", "axe-keys"));
    const name = unique("axe");
    await theirs.access.keys.create.mutate({ name: unique("other") });
    const key = await client.access.keys.create.mutate({ name, scopes: ["queue.jobs", "users"], ratePerMinute: 100 });
    await fetch(`${server.url}/trpc/access.me`, { headers: { authorization: `Bearer ${key.key}` } });
    await client.access.keys.rotate.mutate({ id: key.id, overlapSeconds: 3600 });
    const gone = await createPerson("viewer", "axe-gone");
    await client.users.delete.mutate({ id: gone.id });

    await look("two steps at sign-in", `/users/${person.id}`);
    await look("the reset of factors", `/users/${person.id}`, press("Reset factors…"));
    await look("the deletion", `/users/${person.id}`, async () => {
      await press("More actions")();
      await desk.getByRole("menuitem", { name: "Delete…" }).click();
    });
    await look("the sessions of a person", `/users/${person.id}?tab=sessions`);
    await look("the keys of a person", `/users/${person.id}?tab=keys`);
    await look("the deleted", "/users?status=deleted");
    await look("no session matches", "/sessions?q=nothing-has-this");
    await look("all sessions of a filter", "/sessions?q=owner", press("End all matching…"));
    await look("no key matches", "/keys?q=nothing-has-this");
    await look("a key that is rotated", `/keys?peek=${key.id}`);
    await desk.getByLabel("May it call…").selectOption("limits.list");
    await expectNoViolations(desk, "why a call is refused");
    for (const act of ["Edit…", "Rotate…", "Revoke…"]) await look(`a key, ${act}`, `/keys?peek=${key.id}`, press(act));
    await look("the form for a key", "/keys", press("New key"));
    await dialog.getByLabel("Find a procedure").fill("jobs");
    await dialog.getByRole("checkbox", { name: "queue.jobs", exact: true }).check();
    await expectNoViolations(desk, "scopes that are chosen");

    const batch = unique("axe");
    const csv = `name,email,role\n${Array.from({ length: 30 }, (_, at) => `P ${at},${batch}-${at}@desk.test,`).join("\n")}\nBad,no,\n`;
    const { id } = await client.users.import.mutate({ csv, fileName: `${batch}.csv`, dryRun: false });
    await look("an import", `/users/imports/${id}`);
    await expect(desk.getByText("Can be undone until")).toBeVisible({ timeout: 30_000 });
    await expectNoViolations(desk, "an import that is done");
    await look("its undo", `/users/imports/${id}`, press("Undo import…"));
    await client.users.imports.undo.mutate({ id });
    await look("an import that is undone", `/users/imports/${id}`);
    await look("where an import begins", "/users/imports");
    await press("Paste rows")();
    await expect(desk.getByLabel("Rows, with a line of column names")).toBeFocused();
    await desk.getByLabel("Rows, with a line of column names").fill("who,team\nAda,x\n");
    await expectNoViolations(desk, "rows that are pasted");
    await press("Check these rows")();
    await expect(desk.getByText("Choose the column with the emails.")).toBeVisible();
    await expectNoViolations(desk, "an import that waits for its columns");
  });
}
