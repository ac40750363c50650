import type { Database } from "../packages/db/src/index.ts";

/** A million takes about two minutes, most of it in the indexes. */
const PER_STATEMENT = 50_000;

// The words of the names. Those that come first in a list are more frequent, as with names.
const FIRST =
  "James Maria John Anna Mohammed Sofia Robert Linda Michael Emma João Olga David Laura Ahmed Julia Thomas Elena Daniel Sara Carlos Nina " +
  "Peter Ingrid Joseph Amélie Ali Chloé Lukas Fatima Jonas Eva Oliver Grace Hugo Alice Ivan Ruth Omar Clara Ünal Zoë Björn Éloïse Paul " +
  "Iris Max Lea Felix Ida Jorge Nora Adam Mia Leon Lena Samuel Rosa Igor Vera Arun Priya Ravi Meera Kofi Ama Tariq Layla Sven Astrid Pablo";
const LAST =
  "Smith Müller García Johnson Silva Ivanov Nguyen Kim Rossi Brown Kowalski Jensen Martin Santos Dubois Popov Schmidt Jones López Andersson " +
  "Hansen Novák Fischer Weber Moreau Khan Singh Patel Hassan Cohen Levy Costa Pereira Almeida Romano Ricci Conti Greco Bauer Wagner Becker " +
  "Brien Neil Connor Walsh Murphy Kelly Byrne Ryan Doyle Lynch Clark Lewis Walker Hall Young King Wright Scott Green Baker Adams Nelson";
const CHINESE_FAMILY = "李 王 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗";
const CHINESE_GIVEN = "小 伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 刚 桂 英 文 华 玉 龙 建 国";
const SYLLABLES = "ka lo mi ran ster vel dor ni bo ches ta win gra hol be sun mar ti qui zo pel fen dra ul is";

const listOf = (words: string): string => `string_to_array('${words}', ' ')`;

/**
 * People as a directory of an international company has them: 8 % with a Chinese name, some with hyphens, apostrophes and middle names, and
 * half of the others with a family name that few share. 4 % are operators, 0.2 % admins, 2 % suspended. The same for the same `count`.
 */
export async function storePeople(
  database: Database,
  count: number,
  progress: (stored: number) => void,
): Promise<void> {
  const client = await database.pool.connect();
  try {
    // A number from 0 (included) to 1 (excluded), by person and use.
    await client.query(
      `CREATE FUNCTION pg_temp.share(person bigint, use int) RETURNS double precision LANGUAGE sql IMMUTABLE
       RETURN (hashint8extended(person * 64 + use, 7) & 1048575) / 1048576.0`,
    );
    await client.query(
      `CREATE FUNCTION pg_temp.pick(words text[], share double precision) RETURNS text LANGUAGE sql IMMUTABLE
       RETURN words[floor(cardinality(words) * share)::int + 1]`,
    );
    for (let from = 1; from <= count; from += PER_STATEMENT) {
      await client.query(INSERT, [from, Math.min(count, from + PER_STATEMENT - 1)]);
      progress(Math.min(count, from + PER_STATEMENT - 1));
    }
    // What autovacuum does within a minute.
    await client.query("VACUUM (ANALYZE) users");
  } finally {
    client.release(true);
  }
}

const share = (use: number): string => `pg_temp.share(i, ${use})`;
const pick = (list: string, use: number): string => `pg_temp.pick(${list}, ${share(use)})`;
const often = (list: string, use: number): string => `pg_temp.pick(${list}, ${share(use)} ^ 2)`;

const INSERT = `
  WITH list AS MATERIALIZED (
         SELECT ${listOf(FIRST)} AS first, ${listOf(LAST)} AS last, ${listOf(CHINESE_FAMILY)} AS family, ${listOf(CHINESE_GIVEN)} AS given,
                ${listOf(SYLLABLES)} AS syllable),
       person AS (
         SELECT i, CASE
             WHEN ${share(0)} < 0.08 THEN
               ${often("family", 1)} || ${pick("given", 2)} || CASE WHEN ${share(3)} < 0.7 THEN ${pick("given", 4)} ELSE '' END
             ELSE ${often("first", 5)} || CASE WHEN ${share(6)} < 0.03 THEN '-' || ${often("first", 7)} ELSE '' END
               || CASE WHEN ${share(8)} < 0.06 THEN ' ' || ${often("first", 9)} ELSE '' END || ' '
               || CASE WHEN ${share(10)} < 0.03 THEN 'O''' ELSE '' END
               || CASE WHEN ${share(10)} < 0.5 THEN ${often("last", 11)}
                       ELSE initcap(${pick("syllable", 12)} || ${pick("syllable", 13)} || ${pick("syllable", 14)}) END
             END AS name
           FROM generate_series($1::bigint, $2::bigint) AS i, list)
  INSERT INTO users (id, email, name, role, suspended_at, created_at)
  SELECT (lpad(to_hex(1700000000000 + i * 60000), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid,
         lower(regexp_replace(name, '[^a-zA-Z]+', '.', 'g')) || i || '@' || ${pick(listOf("example.com example.org mail.test corp.example"), 20)},
         name,
         CASE WHEN ${share(21)} < 0.002 THEN 'admin' WHEN ${share(21)} < 0.042 THEN 'operator' ELSE 'viewer' END,
         CASE WHEN ${share(22)} < 0.02 THEN now() END,
         timestamptz '2024-01-01' + i * interval '1 minute'
    FROM person`;

export interface Terms {
  /** The first one to three letters of a frequent name. */
  common(): string;
  /** A family name that few share, or all of its letters but the last. */
  rare(): string;
  /** A word that no name has. */
  absent(): string;
  /** The first one to three characters of a Chinese name. */
  chinese(): string;
  /** First and family name, the latter by its start. */
  twoWords(): string;
  /** The start of an address, longer than a name. */
  email(): string;
}

export function createTerms(random: () => number): Terms {
  const anyOf = (words: string): string => words.split(" ").at(Math.floor(random() * words.split(" ").length)) ?? "";
  const startOf = (word: string, atLeast: number, atMost: number): string =>
    word.slice(0, atLeast + Math.floor(random() * (atMost - atLeast + 1)));
  const family = (): string => anyOf(SYLLABLES) + anyOf(SYLLABLES) + anyOf(SYLLABLES);
  return {
    common: () => startOf(anyOf(random() < 0.5 ? FIRST : LAST).toLowerCase(), 1, 3),
    rare: () => startOf(family(), 6, 9),
    absent: () => `${anyOf("x q xq zx wq")}${family()}x`,
    chinese: () => startOf(anyOf(CHINESE_FAMILY) + anyOf(CHINESE_GIVEN) + anyOf(CHINESE_GIVEN), 1, 3),
    twoWords: () => `${anyOf(FIRST)} ${startOf(anyOf(LAST), 1, 5)}`.toLowerCase(),
    email: () => `${anyOf("john maria david laura ali")}.${startOf(family(), 3, 6)}`,
  };
}
