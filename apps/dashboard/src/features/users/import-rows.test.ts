import { describe, expect, it } from "vitest";
import { parseCsv, toCsvLine } from "./csv.ts";
import { checkRows, guessMapping } from "./import-rows.ts";

const check = (text: string, options: { ownRole?: "viewer" | "admin" | "owner"; taken?: string[] } = {}) => {
  const cells = parseCsv(text);
  return checkRows(cells, {
    mapping: guessMapping(cells),
    ownRole: options.ownRole ?? "owner",
    taken: new Set(options.taken ?? []),
  });
};

describe("a pasted list of people", () => {
  it("reads quoted cells with separators, quotes and line breaks in them", () => {
    expect(parseCsv('a@x.dev,"Berg, Anna ""Ann""\nof Oslo"\r\n\r\nb@x.dev,Bob')).toEqual([
      ["a@x.dev", 'Berg, Anna "Ann"\nof Oslo'],
      ["b@x.dev", "Bob"],
    ]);
  });

  it("finds the separator in the first line", () => {
    expect(parseCsv("email;name\na@x.dev;Berg, Anna")).toEqual([
      ["email", "name"],
      ["a@x.dev", "Berg, Anna"],
    ]);
    expect(parseCsv("a@x.dev\tAnna")).toEqual([["a@x.dev", "Anna"]]);
  });

  it("maps columns by their names in any order, in English and Chinese", () => {
    expect(guessMapping(parseCsv("Role,E-Mail,Full name"))).toEqual({ role: 0, email: 1, name: 2 });
    expect(guessMapping(parseCsv("姓名,邮箱"))).toEqual({ name: 0, email: 1, role: null });
  });

  it("takes a first line with an address in it for a person and not for a header", () => {
    expect(check("a@x.dev,Anna").map((row) => row.email)).toEqual(["a@x.dev"]);
  });

  it("makes somebody without a role a viewer and lower-cases the address", () => {
    expect(check("email,name\nA@X.dev,Anna")).toMatchObject([
      { email: "a@x.dev", role: "viewer", problem: null, number: 1 },
    ]);
  });

  it("names the first problem of each row", () => {
    const rows = check(
      "email,name,role\nbroken,B,viewer\na@x.dev,A,\na@x.dev,A2,\nb@x.dev,,\nc@x.dev,C,boss\nd@x.dev,D,owner\ne@x.dev,E,",
      {
        ownRole: "admin",
        taken: ["e@x.dev"],
      },
    );
    expect(rows.map((row) => row.problem)).toEqual([
      "emailInvalid",
      null,
      "emailTwice",
      "nameMissing",
      "roleUnknown",
      "roleAbove",
      "taken",
    ]);
  });

  it("writes no cell that a spreadsheet would run", () => {
    expect(toCsvLine(["=1+1", 'say "hi"', "plain"])).toBe(`'=1+1,"say ""hi""",plain\r\n`);
  });
});
