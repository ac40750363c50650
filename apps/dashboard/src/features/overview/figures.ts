/** Value and unit apart, as a tile shows them: "88 ms" is 88 with a small ms; "3m 11s" is all value. */
export function splitUnit(written: string): { readonly value: string; readonly unit?: string } {
  const match = /^([\d.,]+)\s(\D+)$/.exec(written);
  return match?.[1] && match[2] ? { value: match[1], unit: match[2] } : { value: written };
}

/** With its sign; the minus is the typographic one, as wide as the plus. */
export function signed(value: number, write: (absolute: number) => string): string {
  const written = write(Math.abs(value));
  const isZero = Number.parseFloat(written.replaceAll(",", "")) === 0;
  return isZero ? `±${written}` : `${value > 0 ? "+" : "−"}${written}`;
}
