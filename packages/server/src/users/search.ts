import type { Sql } from "../platform/sql.ts";
import {
  estimateMatches,
  hasMoreThan,
  lookUpUsers,
  selectUsers,
  toSearch,
  walkUsers,
  type UsersQuery,
} from "./search.store.ts";
import type { User } from "./users.schema.ts";

/**
 * Steps of less than half a microsecond each. The least find a page of what 2 in 100 match, whatever the statistics say: of words that
 * hardly two people share they know nothing. The most are not enough where those who match are older than so many others, as after
 * an import of strangers.
 */
const STEPS_MIN = 3000;
const STEPS_MAX = 60_000;

export interface PeopleQuery extends UsersQuery {
  readonly search?: string | undefined;
}

/**
 * Newest first. Neither way of searching is fast for all: whom few match are found by index, while for what many match the index
 * answers with hundreds of thousands where fifty are wanted, and the newest people need only be looked through. That goes on for
 * about as long as the index would take.
 */
export async function findUsers(sql: Sql, { search: text, ...query }: PeopleQuery): Promise<User[]> {
  if (!text) return selectUsers(sql, query);
  const search = toSearch(text);
  if (search.id) return lookUpUsers(sql, search, query);
  // To look somebody up and sort them costs about two steps.
  const steps = Math.min(Math.max(2 * (await estimateMatches(sql, search)), STEPS_MIN), STEPS_MAX);
  const users = await walkUsers(sql, search, query, steps);
  if (users.length === query.limit) return users;
  // Only then may looking up what matches take longer than to learn that nobody is left.
  if (steps > STEPS_MIN && !(await hasMoreThan(sql, query, steps))) return users;
  return lookUpUsers(sql, search, query);
}
