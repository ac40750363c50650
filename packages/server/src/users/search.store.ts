import type { JsonText } from "@switchboard/trpc-fast-lane";
import { jsonTime, jsonWord } from "../platform/json-sql.ts";
import { createConditions, escapeLike, type PreparedSql, type Sql } from "../platform/sql.ts";
import { selectJsonPage } from "../trpc/json-page.ts";
import type { Role } from "../trpc/roles.ts";
import type { User } from "./users.schema.ts";
import { COLUMNS, JSON_USER, STORED } from "./users.store.ts";

/** What ends a word, as the inside of a character class: of JavaScript, and of Postgres in the function `people_words`. */
export const WORD_BREAK = String.raw`\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u058A\u05BE\u060C\u2000-\u200B\u200E-\u206F\u3000-\u3004\u3008-\u3020\u3030\u30FB\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65`;
const WORD_BREAKS = new RegExp(`[${WORD_BREAK}]+`);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What to look for, in the ways the statements below need it. All but `id` are put into lower case by the database, as the names are. */
export interface Search {
  /** The text, as the inside of a LIKE pattern. */
  readonly literal: string;
  /** The words of the text as a tsquery, the last one by its start. Undefined without a word: only the start of a name is then compared. */
  readonly words: string | undefined;
  /** A regular expression for the text at the start of a word. */
  readonly wordStart: string;
  /** Whether the text is more than one word or has punctuation, of which `words` says nothing. */
  readonly isPhrase: boolean;
  readonly id: string | undefined;
}

export function toSearch(text: string): Search {
  // Names are stored composed: an Ü of two code points would find nobody.
  const composed = text.normalize("NFC");
  const words = composed.split(WORD_BREAKS).filter((word) => word !== "");
  const isOpen = words.length > 0 && composed.endsWith(words.at(-1) ?? "");
  return {
    literal: escapeLike(composed),
    // A word holds no quote and no backslash: both end one.
    words: words.length === 0 ? undefined : words.map((word) => `'${word}'`).join(" & ") + (isOpen ? ":*" : ""),
    wordStart: `(^|[${WORD_BREAK}])${composed.replaceAll(/[^0-9A-Za-z\u0080-\u{10FFFF}]/gu, String.raw`\$&`)}`,
    isPhrase: words.length !== 1 || words[0] !== composed,
    id: UUID.test(text) ? text : undefined,
  };
}

export interface UsersQuery {
  readonly role?: Role | undefined;
  readonly status?: User["status"] | undefined;
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

type Conditions = ReturnType<typeof createConditions>;

function addFilters({ add, bind }: Conditions, { role, status, after }: UsersQuery): void {
  if (role) add(`role = ${bind(role)}`);
  if (status) add(`suspended_at IS ${status === "active" ? "NULL" : "NOT NULL"}`);
  if (after) add(`(created_at, id) < (${bind(after[0])}, ${bind(after[1])})`);
}

const NEWEST_FIRST = "ORDER BY created_at DESC, id DESC";

/** Newest first. Plain SQL: this is the list that is read most, and Prisma takes about twice as long for it. */
export async function selectUsers(sql: Sql, query: UsersQuery): Promise<User[]> {
  const conditions = createConditions();
  addFilters(conditions, query);
  const { values, bind, where } = conditions;
  const { rows } = await sql.query<User>(
    `SELECT ${COLUMNS} FROM users ${where()} ${NEWEST_FIRST} LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

/** The same as the text of a page. Each combination of filters is a statement of its own: twelve. */
export function selectUsersJson(sql: PreparedSql, list: string, query: UsersQuery): Promise<JsonText> {
  const conditions = createConditions();
  addFilters(conditions, query);
  const { role, status, after, limit } = query;
  return selectJsonPage(sql, {
    name: ["users", role && "role", status, after && "after"].filter(Boolean).join("-"),
    list,
    rows: `SELECT ${STORED} FROM users ${conditions.where()} ${NEWEST_FIRST}`,
    item: JSON_USER,
    keys: [jsonTime("created_at"), jsonWord("id")],
    values: conditions.values,
    limit,
  });
}

const byWords = ({ bind }: Conditions, words: string): string => `people_words(name) @@ lower(${bind(words)})::tsquery`;
const byEmail = ({ bind }: Conditions, { literal }: Search): string => `email LIKE lower(${bind(`${literal}%`)})`;
const byNameStart = ({ bind }: Conditions, { literal }: Search): string =>
  `lower(name) LIKE lower(${bind(`${literal}%`)})`;
const byPhrase = ({ bind }: Conditions, { wordStart }: Search): string => `lower(name) ~ lower(${bind(wordStart)})`;

/** How many people the planner believes to match, from its statistics: nothing is read. */
export async function estimateMatches(sql: Sql, search: Search): Promise<number> {
  const conditions = createConditions();
  const byName = search.words ? byWords(conditions, search.words) : byNameStart(conditions, search);
  const ways = [byEmail(conditions, search), byName];
  const { rows } = await sql.query<{ "QUERY PLAN": readonly [{ readonly Plan: { readonly "Plan Rows": number } }] }>(
    `EXPLAIN (FORMAT JSON) SELECT FROM users WHERE ${ways.join(" OR ")}`,
    conditions.values,
  );
  return rows[0]?.["QUERY PLAN"][0].Plan["Plan Rows"] ?? 0;
}

/**
 * Looks at the newest `steps` people who pass the filters, one by one, and answers those who match: fast for what many match. Fewer than
 * the limit are all only where the list is no longer than that.
 */
export async function walkUsers(sql: Sql, search: Search, query: UsersQuery, steps: number): Promise<User[]> {
  const conditions = createConditions();
  const { values, bind } = conditions;
  addFilters(conditions, query);
  const filters = conditions.where();
  const ways = [byEmail(conditions, search)];
  // The pattern first: it is cheaper, and few names that it lets through are refused afterwards.
  if (search.words)
    ways.push(`lower(name) LIKE lower(${bind(`%${search.literal}%`)}) AND ${byPhrase(conditions, search)}`);
  else ways.push(byNameStart(conditions, search));
  const { rows } = await sql.query<User>(
    `SELECT ${COLUMNS} FROM (SELECT * FROM users ${filters} ${NEWEST_FIRST} LIMIT ${bind(steps)}) AS walked
      WHERE ${ways.join(" OR ")} ${NEWEST_FIRST} LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

/** Whether more than so many people pass the filters. */
export async function hasMoreThan(sql: Sql, query: UsersQuery, steps: number): Promise<boolean> {
  const conditions = createConditions();
  addFilters(conditions, query);
  const { values, bind, where } = conditions;
  const { rows } = await sql.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM users ${where()} ${NEWEST_FIRST} OFFSET ${bind(steps)}) AS found`,
    values,
  );
  return rows[0]?.found === true;
}

/** Looks all matches up in the indexes and sorts them: fast for what few match. */
export async function lookUpUsers(sql: Sql, search: Search, query: UsersQuery): Promise<User[]> {
  const conditions = createConditions();
  const { values, bind } = conditions;
  addFilters(conditions, query);
  const filters = conditions.where().replace("WHERE", "AND");
  const limit = bind(query.limit);
  // OFFSET 0 keeps the planner from walking through the order of the outer SELECT instead. One index each: over a BitmapOr it would
  // check both conditions again for each row.
  const pick = (condition: string): string =>
    `(SELECT id, created_at FROM (SELECT id, created_at FROM users WHERE ${condition} ${filters} OFFSET 0) AS found
       ${NEWEST_FIRST} LIMIT ${limit})`;
  const name = search.words
    ? [byWords(conditions, search.words), ...(search.isPhrase ? [byPhrase(conditions, search)] : [])].join(" AND ")
    : byNameStart(conditions, search);
  const ways = [byEmail(conditions, search), name, ...(search.id ? [`id = ${bind(search.id)}::uuid`] : [])];
  const { rows } = await sql.query<User>(
    `SELECT ${COLUMNS} FROM users
      WHERE id IN (SELECT id FROM (${ways.map(pick).join(" UNION ")}) AS found ${NEWEST_FIRST} LIMIT ${limit})
      ${NEWEST_FIRST}`,
    values,
  );
  return rows;
}
