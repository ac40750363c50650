import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse, type Options } from "csv-parse";
import { isAppError } from "../../platform/errors.ts";
import { importEmpty, importTooWide, importUnreadable } from "./imports.errors.ts";
import { MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES } from "./imports.schema.ts";
import type { ImportRow } from "./rows.store.ts";

const DELIMITERS = [",", ";", "\t"];
const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

/**
 * Reads a CSV (RFC 4180; also `;` and tabs, as the first line has them) while it arrives: first the header, then the rows that are
 * not blank, each with the line it begins on. Quotes that stand where they should not are taken as they are, and a row may have more
 * or fewer cells than the header: what is wrong with a row is said of the row. NUL and what is no UTF-8 become U+FFFD. Raises 400
 * `IMPORT_EMPTY`, `IMPORT_UNREADABLE`, `IMPORT_TOO_WIDE`, and what `body` raises.
 */
export async function* readCsv(body: AsyncIterable<Uint8Array>): AsyncGenerator<ImportRow> {
  const source = body[Symbol.asyncIterator]();
  const head = await readHead(source);
  if (head.length === 0) throw importEmpty();
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    await source.return?.();
    throw importUnreadable(1, "it is UTF-16, save it as UTF-8");
  }
  // Of the record that is parsed, which is ahead of the one that is yielded.
  let line = 1;
  const toRow = (record: readonly string[]): ImportRow | undefined => {
    const begin = line;
    if (record.length > MAX_COLUMNS || record.some((cell) => Buffer.byteLength(cell) > MAX_CELL_BYTES)) {
      throw importTooWide(begin);
    }
    // Counted here: the parser counts a CRLF within quotes twice.
    line += 1 + record.reduce((newlines, cell) => newlines + countNewlines(cell), 0);
    if (record.every((cell) => cell.trim() === "")) return undefined;
    return { line: begin, cells: record.map((cell) => cell.replaceAll("\0", "\u{FFFD}")) };
  };
  const parser = parse({
    bom: true,
    delimiter: detectDelimiter(head),
    // Not only the one that the first line ends with: files are edited on several systems.
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: MAX_ROW_BYTES,
    // Its types know only records that stay arrays.
    on_record: toRow as unknown as NonNullable<Options["on_record"]>,
  });
  // Its failure destroys the parser, whose reader below meets it.
  const feeding = pipeline(Readable.from(chain(head, source)), parser).catch(() => undefined);
  try {
    yield* parser as AsyncIterable<ImportRow>;
  } catch (error) {
    throw toReadError(error, line);
  } finally {
    await feeding;
  }
}

function toReadError(error: unknown, line: number): unknown {
  if (isAppError(error)) return error;
  switch ((error as { code?: unknown }).code) {
    case "CSV_MAX_RECORD_SIZE":
      return importTooWide(line);
    case "CSV_QUOTE_NOT_CLOSED":
      return importUnreadable(line, "a quote is opened and never closed");
    default:
      return error;
  }
}

/** Until the header line is there whole, or longer than any header is. */
async function readHead(source: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < MAX_ROW_BYTES && endOfLine(head) === -1) {
    const next = await source.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* chain(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function endOfLine(bytes: Uint8Array): number {
  let isQuoted = false;
  return bytes.findIndex((byte) => {
    if (byte === QUOTE) isQuoted = !isQuoted;
    return !isQuoted && (byte === NEWLINE || byte === RETURN);
  });
}

/** The one that the first line has most of, outside of quotes; a comma when it has none. */
function detectDelimiter(head: Buffer): string {
  const end = endOfLine(head);
  const line = head.toString("utf8", 0, end === -1 ? head.length : end).replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function countNewlines(cell: string): number {
  return cell.match(/\r\n|\r|\n/g)?.length ?? 0;
}
