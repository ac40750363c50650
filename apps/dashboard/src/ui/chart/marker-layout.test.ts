import { expect, it } from "vitest";
import { layOutMarkers, SIGN_PX } from "./marker-layout.ts";
import type { Marker } from "./series.ts";

const span = { fromMs: 1000, toMs: 2000, widthPx: 500 };
const at = (atMs: number): Marker => ({ id: String(atMs), atMs, kind: "other", label: "x", description: "x" });
const places = (...times: readonly number[]) =>
  layOutMarkers(times.map(at), span).map(({ leftPx, markers }) => [leftPx, markers.map(({ id }) => Number(id))]);

it("places a marker by its time", () => {
  expect(places(1500, 1000, 1900)).toEqual([
    [0, [1000]],
    [250, [1500]],
    [450, [1900]],
  ]);
});

it("gives markers one sign when there is no room for two", () => {
  expect(places(1500, 1520, 1600)).toEqual([
    [250, [1500, 1520]],
    [300, [1600]],
  ]);
  const [first, second] = layOutMarkers([at(1500), at(1500 + SIGN_PX * 2)], span);
  expect((second?.leftPx ?? 0) - (first?.leftPx ?? 0)).toBe(SIGN_PX);
});

it("leaves out what is older than the plot, and puts what is newer than its last sample at the edge", () => {
  expect(places(999, 1999, 2400)).toEqual([[499.5, [1999, 2400]]]);
  expect(places(2400)).toEqual([[500, [2400]]]);
});

it("tells the room for a word to the next sign, and to the edge for the last one", () => {
  const groups = layOutMarkers([at(1000), at(1500)], span);
  expect(groups.map(({ roomPx }) => roomPx)).toEqual([226, 238]);
  expect(layOutMarkers([at(1000), at(1060), at(1500)], span)[0]?.roomPx, "too little for a word").toBe(0);
});

it("puts the word of the last sign before it at the edge, and shares the gap with the sign before", () => {
  const groups = layOutMarkers([at(1000), at(1500), at(2000)], span);
  expect(groups.map(({ roomPx, isWordBefore }) => [roomPx, isWordBefore])).toEqual([
    [226, false],
    [113, false],
    [113, true],
  ]);
  expect(layOutMarkers([at(2000)], span)).toMatchObject([{ roomPx: 488, isWordBefore: true }]);
  expect(layOutMarkers([at(1900), at(2000)], span)).toMatchObject([
    { roomPx: 0, isWordBefore: false },
    { roomPx: 0, isWordBefore: false },
  ]);
});

it("has nothing to place them on before there are two samples or a width", () => {
  expect(layOutMarkers([at(1000)], { ...span, toMs: 1000 })).toEqual([]);
  expect(layOutMarkers([at(1000)], { ...span, widthPx: 0 })).toEqual([]);
});
