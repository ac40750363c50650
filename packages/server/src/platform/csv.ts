/** One cell as RFC 4180 writes it. A spreadsheet runs what begins like a formula; an apostrophe makes it text. */
export function toCsvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
