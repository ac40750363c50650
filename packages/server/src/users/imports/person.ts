import { isAbove } from "../../trpc/ranks.ts";
import { roles, roleSchema, type Role } from "../../trpc/roles.ts";
import { emailSchema, nameSchema } from "../users.schema.ts";
import type { ImportMapping } from "./imports.schema.ts";

/** What is cut off both ends of a cell. One list for both sides: the database looks for repeated addresses by itself. */
export const BLANKS = " \t\r\n\u{A0}\u{FEFF}";
const NAME_MAX_LENGTH = 120;
const QUOTED_MAX_LENGTH = 60;
const AROUND = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "g");
/** What a byte that is no UTF-8 and a NUL were read as. */
const UNREADABLE = "\u{FFFD}";

const EMAIL_NAMES = ["email", "emailaddress", "mail", "邮箱", "电子邮箱", "电子邮件"];
const NAME_NAMES = ["name", "fullname", "displayname", "姓名", "名字"];
const ROLE_NAMES = ["role", "角色"];

/** What the header says, blind to case, blanks, dashes and underscores. Undefined without a column of addresses. */
export function guessMapping(columns: readonly string[]): ImportMapping | undefined {
  const names = columns.map((column) => column.toLowerCase().replaceAll(/[\s_\-\u{FEFF}]/gu, ""));
  const find = (known: readonly string[]): number | null => {
    // In the order of the list: `email` before `mail`, whichever column comes first.
    const found = known.map((name) => names.indexOf(name)).find((index) => index !== -1);
    return found ?? null;
  };
  const email = find(EMAIL_NAMES);
  if (email === null) return undefined;
  return { email, name: find(NAME_NAMES), role: find(ROLE_NAMES), defaultRole: "viewer" };
}

/** Whether each column of the mapping is one of the file's. */
export function isMappingOf(columns: readonly string[], { email, name, role }: ImportMapping): boolean {
  return [email, name ?? 0, role ?? 0].every((index) => index < columns.length);
}

export interface ImportedPerson {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export interface PersonRules {
  readonly mapping: ImportMapping;
  /** Cells that a row has. */
  readonly width: number;
  /** The highest role that may be given. */
  readonly ceiling: Role;
}

/** The person whom a row describes, or the first thing that is wrong with it. */
export function toPerson(
  cells: readonly string[],
  { mapping, width, ceiling }: PersonRules,
): ImportedPerson | { readonly problem: string } {
  if (cells.length !== width) {
    return { problem: `This line has ${cells.length} cells, the header ${width}. Check its quotes and delimiters.` };
  }
  const at = (column: number | null): string => (column === null ? "" : (cells[column] ?? "").replaceAll(AROUND, ""));
  const given = { email: at(mapping.email), name: at(mapping.name), role: at(mapping.role) };
  if (Object.values(given).some((text) => text.includes(UNREADABLE))) {
    return { problem: "A character could not be read. Save the file as UTF-8." };
  }
  if (given.email === "") return { problem: "The e-mail address is missing." };
  const email = emailSchema.safeParse(given.email);
  if (!email.success) return { problem: `${quote(given.email)} is no e-mail address.` };
  const name = nameSchema.safeParse(given.name.trim() === "" ? email.data.split("@")[0] : given.name);
  if (!name.success) return { problem: `The name is longer than ${NAME_MAX_LENGTH} characters.` };
  const role = roleSchema.safeParse(given.role === "" ? mapping.defaultRole : given.role.toLowerCase());
  if (!role.success) return { problem: `There is no role ${quote(given.role)}. Roles are ${roles.join(", ")}.` };
  if (isAbove(role.data, ceiling)) {
    return { problem: `The role ${role.data} is above ${ceiling}, the highest that this import may give.` };
  }
  return { email: email.data, name: name.data, role: role.data };
}

function quote(text: string): string {
  const shown = text.length > QUOTED_MAX_LENGTH ? `${text.slice(0, QUOTED_MAX_LENGTH).toWellFormed()}…` : text;
  return `“${shown}”`;
}
