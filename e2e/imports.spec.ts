import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expect, test, unique, pressChord } from "./desk.ts";
import { figureOf } from "./figures.ts";

/** The input behind the button: a browser's own dialog is out of a test's reach. */
async function chooseFile(page: Page, name: string, text: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose a file" }).click(),
  ]);
  await chooser.setFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
}

function stepOf(page: Page): Locator {
  return page.getByRole("list", { name: "Steps of the import" }).locator("[aria-current=step]");
}

function stateOf(page: Page, word: string): Locator {
  return page.getByRole("main").locator("header").first().getByText(word, { exact: true });
}

interface Batch {
  readonly word: string;
  readonly csv: string;
}

/** Rows of which 14 have something wrong: no address, an unknown role, an address that came before. */
function makeBatch(rows: number): Batch {
  const word = unique("batch");
  const lines = ["Who,Contact,Level"];
  let bad = 0;
  for (let index = 0; index < rows; index += 1) {
    const kind = bad < 14 && index % Math.floor(rows / 14) === 5 ? bad++ % 3 : -1;
    const email = kind === 0 ? "not an email" : kind === 1 ? `${word}-0@desk.test` : `${word}-${index}@desk.test`;
    lines.push(`Person ${index},${email},${kind === 2 ? "emperor" : index % 10 === 0 ? "operator" : ""}`);
  }
  return { word, csv: `${lines.join("\r\n")}\r\n` };
}

test("10,000 rows are mapped, checked, stored through a reload, and undone", async ({ desk, client }) => {
  test.setTimeout(180_000);
  const { word, csv } = makeBatch(10_000);
  await desk.goto("/users");
  await desk.getByRole("button", { name: "Import CSV…" }).click();
  await expect(desk.getByRole("heading", { name: "Imports", level: 1 })).toBeVisible();
  await expect(desk.getByText("CSV up to 64 MB or 1,000,000 people")).toBeVisible();
  await chooseFile(desk, "people.csv", csv);

  // No column is named like an address: the file is kept, and waits for its columns.
  await expect(desk).toHaveURL(/\/users\/imports\/[0-9a-f-]{36}$/);
  await expect(desk.getByRole("heading", { name: "people.csv", level: 1 })).toBeVisible();
  await expect(stepOf(desk)).toHaveText(/Columns/);
  const sample = desk.getByRole("region", { name: "First rows of the file" });
  await expect(sample.getByRole("row")).toHaveCount(6);
  const check = desk.getByRole("button", { name: "Check again" });
  await expect(check).toHaveAttribute("aria-disabled", "true");
  await desk.getByLabel("Email").selectOption({ label: "Contact" });
  await desk.getByLabel("Name", { exact: true }).selectOption({ label: "Who" });
  await desk.getByLabel("Role", { exact: true }).selectOption({ label: "Level" });
  await check.click();

  await expect(figureOf(desk, "Would be created")).toContainText("9,986", { timeout: 60_000 });
  await expect(figureOf(desk, "Left out")).toContainText("14");
  await expect(stepOf(desk)).toHaveText(/Dry run/);
  const problems = desk.getByRole("table", { name: "Problems" }).getByRole("row");
  await expect(problems).toHaveCount(15);
  await expect(problems.nth(1)).toContainText("7");
  expect((await client.users.list.query({ search: word })).items).toEqual([]);
  const [download] = await Promise.all([
    desk.waitForEvent("download"),
    desk.getByRole("button", { name: "Download problems.csv" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("problems-people.csv");
  const saved = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  expect(saved[0]).toBe("line,problem,Who,Contact,Level");
  expect(saved).toHaveLength(15);
  const kinds = ["is no e-mail address", "There is no role “emperor”", "line 2"];
  for (const kind of kinds)
    expect(
      saved.some((line) => line.includes(kind)),
      kind,
    ).toBe(true);

  // Half-way through the page is loaded again: what it shows is the server's.
  await desk.getByRole("button", { name: "Import 9,986 users" }).click();
  // At once: a click would wait until the button stands still, and 10,000 rows take no two seconds.
  await desk.getByRole("button", { name: "Pause" }).dispatchEvent("click");
  await expect(stateOf(desk, "Paused")).toBeVisible();
  const bar = desk.getByRole("progressbar", { name: "Paused" });
  const before = await bar.getAttribute("aria-valuenow");
  await desk.reload();
  await expect(stateOf(desk, "Paused")).toBeVisible();
  await expect(bar).toHaveAttribute("aria-valuenow", before ?? "");
  await expect(desk.getByText(/^[\d,]+ \/ 9,986$/)).toBeVisible();
  const stored = (await client.users.imports.list.query({ limit: 1 })).items[0];
  expect(stored?.importedRows).toBeLessThan(9986);

  await desk.getByRole("button", { name: "Resume" }).click();
  await expect(figureOf(desk, "Users created")).toContainText("9,986", { timeout: 60_000 });
  await expect(stepOf(desk)).toHaveText(/Done/);
  expect((await client.users.list.query({ search: `${word}-9999@desk.test` })).items).toHaveLength(1);

  await desk.getByRole("button", { name: "Undo import…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Undo this import?" });
  const submit = dialog.getByRole("button", { name: "Delete 9,986 users" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Type 9986 to go on").fill("9986");
  await dialog.getByLabel("Reason").fill("wrong file");
  await submit.click();
  await expect(dialog).toBeHidden();
  await expect(figureOf(desk, "Users deleted again")).toContainText("9,986", { timeout: 60_000 });
  await expect(stateOf(desk, "Undone")).toBeVisible();
  expect((await client.users.list.query({ search: word })).items).toEqual([]);
});

test("an import is watched from every page, told in the title, and aborted half-way", async ({ desk, client }) => {
  test.setTimeout(300_000);
  // Enough to be under way for some seconds.
  const { word, csv } = makeBatch(200_000);
  await desk.goto("/users/imports");
  await chooseFile(desk, "many.csv", csv.replace("Who,Contact,Level", "Name,Email,Role"));
  const start = desk.getByRole("button", { name: "Import 199,986 users" });
  await expect(start).toBeVisible({ timeout: 120_000 });
  await start.click();
  await expect(desk).toHaveTitle(/^\d+% · Import · Switchboard$/);
  await expect(desk.getByText(/rows\/s$/)).toBeVisible({ timeout: 15_000 });
  await expect(desk.getByText(/ left$/)).toBeVisible();

  await pressChord(desk, "g", "o");
  const tray = desk.getByRole("complementary", { name: "Import under way" });
  await expect(tray).toContainText("many.csv");
  await expect(tray.getByRole("progressbar")).toHaveAttribute("aria-valuenow", /\d+/);
  await tray.getByRole("link", { name: "Import many.csv" }).click();
  await expect(tray).toBeHidden();

  await desk.getByRole("button", { name: "Abort…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Abort this import?" });
  await expect(dialog).toContainText(/users are stored and stay until you undo the import/);
  await dialog.getByRole("button", { name: "Abort import" }).click();
  await expect(dialog).toBeHidden();
  await expect(stateOf(desk, "Aborted")).toBeVisible();
  const item = (await client.users.imports.list.query({ limit: 1 })).items[0];
  expect(item?.state).toBe("aborted");
  const stored = item?.importedRows ?? 0;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(199_986);
  await expect(figureOf(desk, "Users created")).toContainText(stored.toLocaleString("en"));
  await client.users.imports.undo.mutate({ id: item?.id ?? "" });
  await expect(stateOf(desk, "Undone")).toBeVisible({ timeout: 120_000 });
  expect((await client.users.list.query({ search: word })).items).toEqual([]);
});

test("rows are pasted, and other columns check them again", async ({ desk, client }) => {
  const word = unique("pasted");
  await desk.goto("/users/imports");
  await desk.getByRole("button", { name: "Paste rows" }).click();
  const check = desk.getByRole("button", { name: "Check these rows" });
  await expect(check).toHaveAttribute("aria-disabled", "true");
  await desk
    .getByLabel("Rows, with a line of column names")
    .fill(
      `name;email;role;other mail\nAda;${word}-a@desk.test;operator;${word}-b@desk.test\nBo;nothing;;${word}-c@desk.test\n`,
    );
  await check.click();
  await expect(figureOf(desk, "Would be created")).toContainText("1");
  await expect(figureOf(desk, "Left out")).toContainText("1");

  await desk.getByLabel("Email").selectOption({ label: "other mail" });
  const start = desk.getByRole("button", { name: "Import 1 user" });
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await desk.getByRole("button", { name: "Check again" }).click();
  await expect(figureOf(desk, "Would be created")).toContainText("2");
  await expect(desk.getByRole("region", { name: "Problems" })).toHaveCount(0);
  await desk.getByRole("button", { name: "Import 2 users" }).click();
  await expect(figureOf(desk, "Users created")).toContainText("2");
  const { items } = await client.users.list.query({ search: word });
  expect(new Map(items.map(({ email, role }) => [email, role]))).toEqual(
    new Map([
      [`${word}-b@desk.test`, "operator"],
      [`${word}-c@desk.test`, "viewer"],
    ]),
  );
});

test("what cannot be read as a file of people says why, and nothing is kept", async ({
  desk,
  openDesk,
  createPerson,
}) => {
  await desk.goto("/users/imports");
  await chooseFile(desk, "empty.csv", "");
  await expect(desk.getByRole("alert")).toContainText("The file is empty.");
  await expect(desk).toHaveURL(/\/users\/imports$/);
  await expect(desk.getByRole("table", { name: "Imports" })).not.toContainText("empty.csv");

  const admin = await createPerson("admin", "importer");
  const page = await openDesk(admin);
  await page.goto("/users/imports");
  await chooseFile(page, "high.csv", `email,role\n${unique("high")}@desk.test,owner\n`);
  await expect(page.getByRole("table", { name: "Problems" })).toContainText("above admin");
  await expect(page.getByRole("button", { name: "Import 0 users" })).toHaveAttribute("aria-disabled", "true");
  // The roles that one may give end at one's own.
  await expect(page.getByLabel("Role without one").getByRole("option")).toHaveText(["viewer", "operator", "admin"]);
});

test("who may not import sees which right it takes", async ({ openDesk, createPerson }) => {
  const page = await openDesk(await createPerson("operator", "no-import"));
  await page.goto("/users/imports");
  await expect(page.getByRole("main")).toContainText(
    "This needs users.imports.list, which the role operator does not have.",
  );
  await expect(page.getByRole("button", { name: "Choose a file" })).toHaveCount(0);
});
