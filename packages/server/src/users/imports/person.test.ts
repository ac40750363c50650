import { describe, expect, test } from "vitest";
import { guessMapping, isMappingOf, toPerson, type PersonRules } from "./person.ts";

describe("the mapping guessed from a header", () => {
  test.each([
    [["E-Mail", "Full Name", "Role"], { email: 0, name: 1, role: 2 }],
    [["id", "name", "EMAIL address"], { email: 2, name: 1, role: null }],
    [["mail", "email"], { email: 1, name: null, role: null }],
    [["姓名", "邮箱", "角色"], { email: 1, name: 0, role: 2 }],
  ])("%j", (columns, expected) => {
    expect(guessMapping(columns)).toEqual({ ...expected, defaultRole: "viewer" });
  });

  test("there is none without a column of addresses", () => {
    expect(guessMapping(["name", "phone", "emails sent"])).toBeUndefined();
  });
});

test("a mapping is of a file when each of its columns is", () => {
  const mapping = { email: 1, name: null, role: 2, defaultRole: "viewer" } as const;
  expect(isMappingOf(["a", "b", "c"], mapping)).toBe(true);
  expect(isMappingOf(["a", "b"], mapping)).toBe(false);
});

describe("the person of a row", () => {
  const rules: PersonRules = {
    mapping: { email: 0, name: 1, role: 2, defaultRole: "operator" },
    width: 3,
    ceiling: "admin",
  };
  const problemOf = (...cells: string[]): string | undefined => {
    const person = toPerson(cells, rules);
    return "problem" in person ? person.problem : undefined;
  };

  test("addresses are in lower case, blanks around cells are cut off, and empty cells have defaults", () => {
    expect(toPerson(["\u{FEFF} Ann@Example.com\u{A0}", " Ann ", "ADMIN"], rules)).toEqual({
      email: "ann@example.com",
      name: "Ann",
      role: "admin",
    });
    expect(toPerson(["Bo.Li@example.com", "", " "], rules)).toEqual({
      email: "bo.li@example.com",
      name: "bo.li",
      role: "operator",
    });
  });

  test("each thing that can be wrong is said", () => {
    expect(problemOf("a@b.co", "Ann")).toBe("This line has 2 cells, the header 3. Check its quotes and delimiters.");
    expect(problemOf(" ", "Ann", "viewer")).toBe("The e-mail address is missing.");
    expect(problemOf("ann@", "Ann", "viewer")).toBe("“ann@” is no e-mail address.");
    expect(problemOf(`${"x".repeat(300)}@b.co`, "", "")).toBe(`“${"x".repeat(60)}…” is no e-mail address.`);
    expect(problemOf("a@b.co", "x".repeat(121), "")).toBe("The name is longer than 120 characters.");
    expect(problemOf("a@b.co", "Ann", "boss")).toBe(
      "There is no role “boss”. Roles are viewer, operator, admin, owner.",
    );
    expect(problemOf("a@b.co", "Ann", "owner")).toBe(
      "The role owner is above admin, the highest that this import may give.",
    );
    expect(problemOf("a@b.co", "An\u{FFFD}", "viewer")).toBe("A character could not be read. Save the file as UTF-8.");
  });
});
