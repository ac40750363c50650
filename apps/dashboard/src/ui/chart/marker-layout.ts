import type { Marker } from "./series.ts";

/** Markers that share a sign: each alone would have less room than a pointer needs. */
export interface MarkerGroup {
  /** Oldest first. */
  readonly markers: readonly Marker[];
  /** Middle of the sign, in pixels from the left edge of the plot. */
  readonly leftPx: number;
  /** Room for a word beside the sign; 0 where it is too little for one. */
  readonly roomPx: number;
  /** The word stands before the sign: the edge of the plot is too near. */
  readonly isWordBefore: boolean;
}

/** Smallest target of a pointer. */
export const SIGN_PX = 24;
/** A word that is cut to less than this says nothing. */
const WORD_MIN_PX = 36;

export interface PlotSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly widthPx: number;
}

/**
 * Places markers along a plot. What is newer than the last sample stands at the right edge, since a step has no sample before it
 * is over; what is older than the first one is left out.
 */
export function layOutMarkers(markers: readonly Marker[], { fromMs, toMs, widthPx }: PlotSpan): readonly MarkerGroup[] {
  if (toMs <= fromMs || widthPx <= 0) return [];
  const groups: { markers: Marker[]; leftPx: number }[] = [];
  for (const marker of markers.toSorted((a, b) => a.atMs - b.atMs)) {
    if (marker.atMs < fromMs) continue;
    const leftPx = ((Math.min(marker.atMs, toMs) - fromMs) / (toMs - fromMs)) * widthPx;
    const last = groups.at(-1);
    if (last && leftPx - last.leftPx < SIGN_PX) last.markers.push(marker);
    else groups.push({ markers: [marker], leftPx });
  }
  const leftOf = (index: number): number => groups[index]?.leftPx ?? widthPx + SIGN_PX / 2;
  const gapAfter = (index: number): number => leftOf(index + 1) - leftOf(index) - SIGN_PX;
  const last = groups.length - 1;
  // Half of the gap before the last sign is enough for two words, or for one where nothing stands before it.
  const gapBefore = last > 0 ? gapAfter(last - 1) / 2 : leftOf(last) - SIGN_PX / 2;
  const isLastTurned = gapAfter(last) < WORD_MIN_PX && gapBefore >= WORD_MIN_PX;
  return groups.map((group, index) => {
    const isTurned = isLastTurned && index === last;
    const isHalved = isLastTurned && index >= last - 1;
    const roomPx = isHalved ? gapBefore : gapAfter(index);
    return { ...group, roomPx: roomPx >= WORD_MIN_PX ? roomPx : 0, isWordBefore: isTurned };
  });
}
