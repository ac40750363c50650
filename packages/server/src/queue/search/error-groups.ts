import { escapeLike, type Sql } from "../../platform/sql.ts";
import { toPattern } from "../errors/fingerprint.ts";

/** Groups of failures whose message contains the text, compared as groups are: without numbers, ids and quoted text. */
export async function findGroupsByText(sql: Sql, text: string, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ fingerprint: string }>(
    `SELECT fingerprint FROM job_error_group
     WHERE lower(pattern) LIKE lower($1) OR position(lower($2) IN lower(message)) > 0
     ORDER BY last_seen_at DESC, fingerprint LIMIT $3`,
    [`%${escapeLike(toPattern(text))}%`, text, limit],
  );
  return rows.map(({ fingerprint }) => fingerprint);
}
