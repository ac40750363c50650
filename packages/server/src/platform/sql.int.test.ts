import { openTestDatabase } from "@switchboard/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isoOf } from "./sql.ts";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Sessions of other time zones and date styles: what a server's configuration may say. */
const SETTINGS = [
  "SET TIME ZONE 'Asia/Kathmandu'; SET datestyle = 'SQL, DMY'",
  "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'",
];

test.each(SETTINGS)("any time reads as Date writes it, cut to the millisecond, under %s", async (settings) => {
  const client = await database.pool.connect();
  try {
    await client.query(settings);
    const [min, max] = [new Date("0001-01-01T00:00:00.000Z"), new Date("9999-12-31T23:59:59.999Z")];
    const times = fc.array(
      fc.tuple(fc.date({ min, max, noInvalidDate: true }), fc.constantFrom("", "001", "500", "999")),
      { minLength: 50, maxLength: 50 },
    );
    await fc.assert(
      fc.asyncProperty(times, async (drafts) => {
        const stored = drafts.map(([date, micros]) => date.toISOString().replace("Z", `${micros}Z`));
        const { rows } = await client.query<{ iso: string | null }>(
          `SELECT ${isoOf("at")} AS iso FROM unnest($1::timestamptz[]) WITH ORDINALITY AS t (at, n) ORDER BY n`,
          [stored],
        );
        expect(rows.map(({ iso }) => iso)).toEqual(drafts.map(([date]) => date.toISOString()));
      }),
      { numRuns: 30 },
    );
    expect((await client.query(`SELECT ${isoOf("NULL::timestamptz")} AS iso`)).rows).toEqual([{ iso: null }]);
  } finally {
    client.release(true);
  }
});
