import { rankOf, roles } from "../../lib/roles.ts";
import type { Role } from "../../lib/session.tsx";

export const importFields = ["email", "name", "role"] as const;
export type ImportField = (typeof importFields)[number];
/** Column of each field, from 0; null when the file has none. */
export type Mapping = Readonly<Record<ImportField, number | null>>;

export type RowProblem =
  | "emailInvalid"
  | "emailTwice"
  | "nameMissing"
  | "nameLong"
  | "roleUnknown"
  | "roleAbove"
  | "taken";

export interface ImportRow {
  /** Line of the table in the file, from 1, without the header. */
  readonly number: number;
  readonly email: string;
  readonly name: string;
  /** As written, when it is no role. */
  readonly role: Role;
  readonly roleText: string;
  readonly problem: RowProblem | null;
}

/** The server takes this many people at once, all or none. */
export const IMPORT_MAX_ROWS = 10_000;
/** Of a request's body. */
export const IMPORT_MAX_BYTES = 1024 * 1024;

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const EMAIL_MAX = 254;
const NAME_MAX = 120;
const headerWords: Readonly<Record<ImportField, readonly string[]>> = {
  email: ["email", "e-mail", "mail", "email address", "邮箱", "电子邮件"],
  name: ["name", "full name", "display name", "姓名", "名称"],
  role: ["role", "角色"],
};

/** A first line with an address in it is no header. */
export function hasHeader(cells: readonly (readonly string[])[]): boolean {
  return cells[0] !== undefined && !cells[0].some((cell) => EMAIL.test(cell.trim()));
}

export function guessMapping(cells: readonly (readonly string[])[]): Mapping {
  const first = cells[0] ?? [];
  if (!hasHeader(cells)) {
    return { email: 0, name: first.length > 1 ? 1 : null, role: first.length > 2 ? 2 : null };
  }
  const find = (field: ImportField): number | null => {
    const at = first.findIndex((cell) => headerWords[field].includes(cell.trim().toLowerCase()));
    return at === -1 ? null : at;
  };
  return { email: find("email"), name: find("name"), role: find("role") };
}

export interface CheckOptions {
  readonly mapping: Mapping;
  readonly ownRole: Role;
  /** Addresses that the server said are there already. */
  readonly taken: ReadonlySet<string>;
}

/** Every row with the first thing that is wrong with it. */
export function checkRows(cells: readonly (readonly string[])[], options: CheckOptions): ImportRow[] {
  const { mapping, ownRole, taken } = options;
  const body = hasHeader(cells) ? cells.slice(1) : cells;
  const seen = new Set<string>();
  return body.map((row, index) => {
    const read = (field: ImportField): string => {
      const at = mapping[field];
      return at === null ? "" : (row[at] ?? "").trim();
    };
    const email = read("email").toLowerCase();
    const name = read("name");
    const roleText = read("role").toLowerCase();
    const role = roleText === "" ? "viewer" : roles.find((each) => each === roleText);
    const isTwice = seen.has(email);
    seen.add(email);
    const problem = ((): RowProblem | null => {
      if (!EMAIL.test(email) || email.length > EMAIL_MAX) return "emailInvalid";
      if (isTwice) return "emailTwice";
      if (name === "") return "nameMissing";
      if (name.length > NAME_MAX) return "nameLong";
      if (role === undefined) return "roleUnknown";
      if (rankOf(role) > rankOf(ownRole)) return "roleAbove";
      return taken.has(email) ? "taken" : null;
    })();
    return { number: index + 1, email, name, role: role ?? "viewer", roleText, problem };
  });
}
