import { createHash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { NO_HASH } from "./audit.store.ts";

/** A place in the chain as it was noted elsewhere. The number is optional and lets more be said. */
export interface NotedHead {
  readonly seq: number | undefined;
  readonly hash: string;
}

export type Finding =
  | "changed"
  | "missing"
  | "reordered"
  | "rechained"
  | "cut"
  /** A noted head lies in what retention has removed. */
  | "pruned";

export interface Verdict {
  /** `unknown`: what was asked cannot be told any more. */
  readonly state: "whole" | "broken" | "unknown";
  readonly events: number;
  readonly head: { readonly seq: number; readonly hash: string };
  /** Where retention cut the log: rows up to this one are gone. */
  readonly checkpoint: { readonly seq: number; readonly hash: string; readonly at: string } | undefined;
  /** The first row that is not right, and how. */
  readonly problem?: { readonly seq: number; readonly finding: Finding; readonly message: string };
}

interface Row {
  readonly seq: number;
  readonly text: string;
  readonly hash: string;
}

const PAGE = 1000;
/** Also before numbers that nobody should have given. */
const BEFORE_ALL = "-9223372036854775808";
const hashOf = (previous: string, text: string): string =>
  createHash("sha256").update(Buffer.from(previous, "hex")).update(text, "utf8").digest("hex");

/**
 * Walks the whole chain and hashes every row again, here and not in the database. Reads one snapshot, page by page, so that it holds
 * neither the log in memory nor up those who append.
 */
export async function verifyAudit(pool: Pool, noted?: NotedHead): Promise<Verdict> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return await verify(client, noted);
  } finally {
    // Nothing was written, and a connection that cannot even roll back is of no use to anybody.
    await client.query("ROLLBACK").then(
      () => client.release(),
      (error: Error) => client.release(error),
    );
  }
}

async function verify(client: PoolClient, noted: NotedHead | undefined): Promise<Verdict> {
  const checkpoint = await selectCheckpoint(client);
  let previous: Pick<Row, "seq" | "hash"> = checkpoint ?? { seq: 0, hash: NO_HASH };
  let events = 0;
  let isNotedFound = noted === undefined || noted.hash === previous.hash;
  const broken = (seq: number, finding: Finding, message: string): Verdict => ({
    state: "broken",
    events,
    head: { seq: previous.seq, hash: previous.hash },
    checkpoint,
    problem: { seq, finding, message },
  });

  if (checkpoint && noted?.seq === checkpoint.seq && !isNotedFound) {
    const message = `Row ${checkpoint.seq}, the last that retention removed, had another hash than was noted: the log was made anew.`;
    return broken(checkpoint.seq, "rechained", message);
  }

  for (
    let page = await selectRows(client, BEFORE_ALL);
    page.length > 0;
    page = await selectRows(client, previous.seq)
  ) {
    for (const [index, row] of page.entries()) {
      if (row.seq !== previous.seq + 1) {
        const message =
          row.seq > previous.seq
            ? `Row ${previous.seq + 1} is missing: after ${previous.seq} comes ${row.seq}.`
            : `Row ${row.seq} comes after ${previous.seq}, where ${previous.seq + 1} is due.`;
        return broken(previous.seq + 1, row.seq > previous.seq ? "missing" : "reordered", message);
      }
      if (hashOf(previous.hash, row.text) !== row.hash) {
        const from = findOrigin(page, index, previous.hash);
        return from === undefined
          ? broken(row.seq, "changed", `Row ${row.seq} is not what was written: its text does not give its hash.`)
          : broken(
              row.seq,
              "reordered",
              `Row ${row.seq} was written as row ${from}: rows were put into another order.`,
            );
      }
      if (noted?.seq === row.seq && noted.hash !== row.hash) {
        const message = `Row ${row.seq} has another hash than was noted: the log was made anew from there or before.`;
        return broken(row.seq, "rechained", message);
      }
      isNotedFound ||= noted?.hash === row.hash;
      previous = row;
      events += 1;
    }
  }

  const counted = await countRows(client);
  if (counted !== events) {
    return broken(previous.seq, "changed", `The log has ${counted} rows, of which ${events} are in the chain.`);
  }
  const whole: Verdict = { state: "whole", events, head: { seq: previous.seq, hash: previous.hash }, checkpoint };
  return isNotedFound ? whole : judgeMissingHead(whole, noted, checkpoint?.seq ?? 0);
}

function judgeMissingHead(whole: Verdict, noted: NotedHead | undefined, pruned: number): Verdict {
  const problem = (finding: Finding, message: string) => ({ seq: noted?.seq ?? whole.head.seq + 1, finding, message });
  if (noted?.seq !== undefined && noted.seq > whole.head.seq) {
    const message = `The chain ends at row ${whole.head.seq}, before the noted row ${noted.seq}: its end was cut off.`;
    return { ...whole, state: "broken", problem: problem("cut", message) };
  }
  if (pruned > 0) {
    const message = `The noted head is not in the chain. Rows up to ${pruned} were removed by retention: note a younger head, as <seq>:<hash>.`;
    return { ...whole, state: "unknown", problem: problem("pruned", message) };
  }
  const message = "The noted head is not in the chain: rows were cut off its end, or the log was made anew.";
  return { ...whole, state: "broken", problem: problem("cut", message) };
}

/**
 * The number under which a row was written, if it stands elsewhere on the page: its hash is that of its text with that number, after the
 * row that stood before it then, which is at its place still or, when the two are neighbours, has taken this one's.
 */
function findOrigin(page: readonly Row[], at: number, before: string): number | undefined {
  const row = page[at];
  if (!row) return undefined;
  for (const [index, { seq, hash }] of page.entries()) {
    const text = row.text.replace(`[${row.seq},`, `[${seq},`);
    const predecessors = [page[index - 1]?.hash ?? before, hash];
    if (seq !== row.seq && predecessors.some((previous) => hashOf(previous, text) === row.hash)) return seq;
  }
  return undefined;
}

/** The text of a row that is hashed, written out here: the function that does it for new rows could have been replaced. */
const TEXT = `pg_catalog.jsonb_build_array(
  seq, id, (EXTRACT(epoch FROM at) * 1000)::bigint, action, outcome, code, actor_id, actor_email, via, key_name,
  address, request_id, target_type, target_id, before, after, reason, undoes)::text`;

async function selectRows(client: PoolClient, after: number | string): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `SELECT seq::float8 AS seq, ${TEXT} AS text, encode(hash, 'hex') AS hash FROM audit_event
      WHERE audit_event.seq > $1 ORDER BY audit_event.seq LIMIT ${PAGE}`,
    [after],
  );
  return rows;
}

async function selectCheckpoint(client: PoolClient): Promise<Verdict["checkpoint"]> {
  const { rows } = await client.query<NonNullable<Verdict["checkpoint"]>>(
    `SELECT seq::float8 AS seq, encode(hash, 'hex') AS hash, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
       FROM audit_checkpoint ORDER BY audit_checkpoint.seq DESC LIMIT 1`,
  );
  return rows[0];
}

async function countRows(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ n: number }>("SELECT count(*)::float8 AS n FROM audit_event");
  return rows[0]?.n ?? 0;
}
