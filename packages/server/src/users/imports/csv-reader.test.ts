import { describe, expect, test } from "vitest";
import { codeOf, refusalOf } from "../../desk.fixture.ts";
import { readCsv } from "./csv-reader.ts";

async function* split(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(content: string | Uint8Array, size = 7): Promise<[line: number, ...cells: string[]][]> {
  const rows: [number, ...string[]][] = [];
  for await (const { line, cells } of readCsv(split(Buffer.from(content), size))) rows.push([line, ...cells]);
  return rows;
}

describe("what a file may look like", () => {
  test.each([
    ["commas and LF", "a,b\n1,2\n"],
    ["semicolons and CRLF", "a;b\r\n1;2\r\n"],
    ["tabs and no newline at the end", "a\tb\n1\t2"],
    ["a byte order mark", "\u{FEFF}a,b\n1,2\n"],
    ["quotes around everything", '"a","b"\r\n"1","2"\r\n'],
    ["line ends of an old Mac", "a,b\r1,2\r"],
    ["line ends of several systems", "a,b\r\n1,2\n"],
  ])("%s", async (_what, content) => {
    // However the network cuts it.
    for (const size of [1, 2, 3, 1000]) {
      expect(await read(content, size)).toEqual([
        [1, "a", "b"],
        [2, "1", "2"],
      ]);
    }
  });

  test("a delimiter within quotes of the header counts for nothing", async () => {
    expect(await read('"a,b,c";d\n1;2\n')).toEqual([
      [1, "a,b,c", "d"],
      [2, "1", "2"],
    ]);
  });

  test("quotes hold delimiters, quotes and line ends", async () => {
    expect(await read('a,b\n"x, ""y""","1\r\n2"\n')).toEqual([
      [1, "a", "b"],
      [2, 'x, "y"', "1\r\n2"],
    ]);
  });
});

test("a row carries the line that it begins on, whatever stands before it", async () => {
  const content = 'a,b\r\n\r\n"1\r\n1\n1",2\r\n , \r\n3,4\n\n\n5,6\r\n';
  expect((await read(content)).map(([line, cell]) => [line, cell])).toEqual([
    [1, "a"],
    [3, "1\r\n1\n1"],
    [7, "3"],
    [10, "5"],
  ]);
});

test("a row with too few, too many or oddly quoted cells is read and not refused", async () => {
  expect(await read('a,b\n1\n1,2,3\nAnn "A" B,2\n"x"y,2\n1,2\n')).toEqual([
    [1, "a", "b"],
    [2, "1"],
    [3, "1", "2", "3"],
    [4, 'Ann "A" B', "2"],
    [5, '"x"y', "2"],
    [6, "1", "2"],
  ]);
});

test("NUL and bytes that are no UTF-8 become a replacement character", async () => {
  const content = Buffer.concat([Buffer.from("a,b\n1\0,"), Buffer.from([0xe9]), Buffer.from("\n")]);
  expect(await read(content)).toEqual([
    [1, "a", "b"],
    [2, "1\u{FFFD}", "\u{FFFD}"],
  ]);
});

describe("what is refused", () => {
  test("a file without a line", async () => {
    expect(await codeOf(read(""))).toBe("IMPORT_EMPTY");
    expect(await read("\n\n")).toEqual([]);
  });

  test("UTF-16", async () => {
    expect(await codeOf(read(Buffer.from("\u{FEFF}a,b\n", "utf16le")))).toBe("IMPORT_UNREADABLE");
  });

  test("a quote that is never closed, with the line it opens on", async () => {
    expect(await refusalOf(read('a,b\n1,2\n"3,4\n5,6\n'))).toMatchObject({
      code: "IMPORT_UNREADABLE",
      details: { line: 3 },
    });
  });

  test.each([
    ["too many columns", `a,b\n1,2\n${"x,".repeat(100)}\n`],
    ["a cell that is too large", `a,b\n1,2\n${"x".repeat(10_241)},2\n`],
    ["a row that is too large", `a,b\n1,2\n${`${"x".repeat(10_000)},`.repeat(7)}\n`],
    ["a quote that swallows the rest", `a,b\n1,2\n"${"x,y\n".repeat(40_000)}`],
  ])("%s, with its line", async (_what, content) => {
    expect(await refusalOf(read(content, 4096))).toMatchObject({ code: "IMPORT_TOO_WIDE", details: { line: 3 } });
  });

  test("whatever the body fails with, as it is", async () => {
    const cut = new Error("The caller has left.");
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a,b\n1,2\n".repeat(5000));
      throw cut;
    }
    const readAll = async (): Promise<void> => {
      for await (const row of readCsv(body())) expect(row.line).toBeGreaterThan(0);
    };
    await expect(readAll()).rejects.toBe(cut);
  });
});

test("whoever stops reading stops the body", async () => {
  let isReleased = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from("a,b\n1,2\n".repeat(1000));
    } finally {
      isReleased = true;
    }
  }
  for await (const row of readCsv(body())) if (row.line > 5000) break;
  expect(isReleased).toBe(true);
});
