import { expect, it } from "vitest";
import { createFormat } from "../../lib/format.ts";
import { en } from "../../lib/i18n/en.ts";
import { createTranslate } from "../../lib/i18n/i18n.tsx";
import { deploysOf, markersWindow, toMarkers, withMarked } from "./markers.ts";

const t = createTranslate(en, "en");
const format = createFormat("en", "UTC");
const act = {
  id: "01a20800-4059-71b3-999c-04dd03041e92",
  at: "2026-11-24T06:02:31.000Z",
  action: "queue.queues.pause",
  kind: "pause" as const,
  actorEmail: "wei@desk.test",
  target: "email",
};

it("tells who did what to what, and leads to the event", () => {
  const [marker] = toMarkers([act], undefined, t, format);
  expect(marker).toEqual({
    id: act.id,
    atMs: Date.parse(act.at),
    kind: "pause",
    label: "email",
    description: "06:02:31 queue.queues.pause on email by wei@desk.test",
    link: { to: "/audit", search: { peek: act.id } },
    isCalledOut: false,
  });
});

it("shortens a target that is an id to what tells it from others", () => {
  const [marker] = toMarkers(
    [{ ...act, action: "users.setRole", kind: "access", target: act.id }],
    undefined,
    t,
    format,
  );
  expect(marker?.description).toBe("06:02:31 users.setRole on 03041e92 by wei@desk.test");
});

it("says the act where there is no target, and the system where nobody did it", () => {
  const [marker] = toMarkers(
    [{ ...act, action: "users.setRole", kind: "access", actorEmail: null, target: null }],
    act.id,
    t,
    format,
  );
  expect(marker).toMatchObject({
    label: "setRole",
    description: "06:02:31 users.setRole by system",
    isCalledOut: true,
  });
});

it("adds the event that was asked for when its kind is not on the charts, and not a second time", () => {
  const event = { ...act, id: "01a20800-0000-7000-8000-000000000001", action: "access.signIn", targetId: "s" } as never;
  expect(withMarked([act], event).map(({ action, kind }) => [action, kind])).toEqual([
    ["queue.queues.pause", "pause"],
    ["access.signIn", "other"],
  ]);
  expect(withMarked([act], { ...act, targetId: "email" } as never)).toEqual([act]);
  expect(withMarked([act], undefined)).toEqual([act]);
});

it("shows processes of one release that start together once", () => {
  const at = (id: string, version: string, second: number) => ({
    id,
    version,
    startedAt: new Date(Date.UTC(2026, 10, 24, 6, 0, second)).toISOString(),
  });
  const markers = deploysOf(
    [at("b", "1.1.0", 20), at("a", "1.1.0", 0), at("c", "1.2.0", 30), at("d", "1.2.0", 120)],
    t,
    format,
  );
  expect(markers.map(({ id, label }) => [id, label])).toEqual([
    ["a", "v1.1.0"],
    ["c", "v1.2.0"],
    ["d", "v1.2.0"],
  ]);
});

it("asks for the same time for a minute, so that an answer can be kept", () => {
  const first = markersWindow("2026-11-24T06:06:01.000Z", 900_000);
  expect(markersWindow("2026-11-24T06:06:59.000Z", 900_000)).toEqual(first);
  expect(markersWindow("2026-11-24T06:07:00.000Z", 900_000)).not.toEqual(first);
  expect(first.from).toBe("2026-11-24T05:50:00.000Z");
  expect(Date.parse(first.to)).toBeGreaterThan(Date.parse("2026-11-24T06:06:59.000Z"));
});
