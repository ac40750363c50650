import { expect, test } from "vitest";
import { createFormat } from "../../../lib/format.ts";
import { en } from "../../../lib/i18n/en.ts";
import "../../../lib/i18n/en/queue.ts";
import { createTranslate } from "../../../lib/i18n/i18n.tsx";
import { parseSearch, stringifySearch } from "../../../lib/search.ts";
import { jobsSearch } from "../jobs.search.ts";
import { searchChips, toFilter, withoutChip } from "./job-filter.ts";

const nowMs = Date.parse("2026-11-23T14:06:11.500Z");
const t = createTranslate(en, "en");
const format = createFormat("en", "UTC");
const everything =
  "?state=failed&queue=mail&name=email.send&tag=t1&key=acme&fingerprint=0123456789abcdef&where=input.a+%3D+1&where=input.b+exists&from=2026-11-23T13%3A00%3A00.000Z&attempts=3&q=SMTP";

test("an address is the filter that the server takes, and is written as it was read", () => {
  const search = jobsSearch(parseSearch(everything));
  expect(search._invalid).toBeUndefined();
  expect(toFilter(search, nowMs)).toEqual({
    state: ["discarded"],
    queue: "mail",
    name: "email.send",
    tag: "t1",
    key: "acme",
    fingerprint: "0123456789abcdef",
    where: [
      { path: ["a"], op: "=", value: 1 },
      { path: ["b"], op: "exists" },
    ],
    from: "2026-11-23T13:00:00.000Z",
    attempts: 3,
    search: "SMTP",
  });
  expect(jobsSearch(parseSearch(stringifySearch(search)))).toEqual(search);
});

test("the last hour moves by whole minutes, and the later of two beginnings counts", () => {
  expect(toFilter({ since: "1h" }, nowMs)).toEqual({ from: "2026-11-23T13:06:00.000Z" });
  expect(toFilter({ since: "1h" }, nowMs + 20_000)).toEqual(toFilter({ since: "1h" }, nowMs));
  expect(toFilter({ since: "1h", from: "2026-11-23T14:00:00.000Z" }, nowMs).from).toBe("2026-11-23T14:00:00.000Z");
});

test("each chip takes away what it shows, and nothing else", () => {
  let search = jobsSearch(parseSearch(everything));
  const chips = searchChips(search, t, format);
  expect(chips).toHaveLength(10);
  for (const chip of chips) search = { ...search, ...withoutChip(search, chip.id) };
  expect(toFilter(search, nowMs)).toEqual({ state: ["discarded"] });
});

test.each(["where=user.id", "attempts=0", "fingerprint=xyz", "since=2h", "tag=%20", "from=yesterday"])(
  "%s is set aside",
  (part) => {
    const search = jobsSearch(parseSearch(`?${part}`));
    expect(Object.keys(search._invalid ?? {})).toEqual([part.split("=")[0]]);
    expect(toFilter(search, nowMs)).toEqual({});
  },
);
