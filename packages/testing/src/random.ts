/**
 * Numbers from 0 (included) to 1 (excluded), the same ones for the same seed: a test that failed can be run again as it was.
 * Mulberry32, with 32 bits of state; for choosing among cases, never for secrets.
 */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
