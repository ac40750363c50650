import type { Locator, Page } from "@playwright/test";

/** One figure of a row of them, by its label. */
export function figureOf(place: Page | Locator, label: string): Locator {
  const term = place.getByRole("term").filter({ hasText: new RegExp(`^${label}$`) });
  return term.locator("xpath=..").getByRole("definition");
}
