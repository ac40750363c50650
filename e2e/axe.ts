import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** What breaks a rule of axe on the page as it is, with what is open on it: a line each, for an assertion that expects none. */
export async function findViolations(page: Page): Promise<string[]> {
  // In the page itself. The other mode is for frames of other origins, of which there are none, and takes twice as long: it gathers
  // the results of all frames in a page of its own.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id} (${help}): ${target.join(" ")} ${html.slice(0, 160)}`),
  );
}
