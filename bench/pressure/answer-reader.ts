/** Longer than the head of any answer that a bench asks for: what is longer is no HTTP. */
const HEAD_MAX = 8192;
/** Characters of a body that are kept. */
const SHOWN_MAX = 1_000_000;

/** Called with each answer as it ends. `text` is the begin of the body for any status but 200, and for those that are to be shown. */
export type OnAnswer = (status: number, text: string) => void;

export interface AnswerReader {
  /** Bytes as they came. Raises an Error for what is no HTTP/1.1, or an answer without a known end. */
  push(chunk: Buffer): void;
  /** Whether the bytes so far end with an answer. */
  isBetween(): boolean;
}

type State = "head" | "body" | "size" | "data" | "data end" | "trailer";

/** Finds where the answers of one connection end, and knows no more of HTTP than that takes. */
export function createAnswerReader(onAnswer: OnAnswer, shows: () => boolean = () => false): AnswerReader {
  let state: State = "head";
  /** A head or a line whose end has not come yet. */
  let begun = "";
  let status = 0;
  let left = 0;
  let isShown = false;
  let shown = "";

  const finish = (): void => {
    state = "head";
    const text = shown;
    shown = "";
    onAnswer(status, text);
  };

  const begin = (head: string): void => {
    if (!head.startsWith("HTTP/1.1 ")) throw new Error(`This is no HTTP/1.1: ${JSON.stringify(head.slice(0, 100))}`);
    status = Number(head.slice(9, 12));
    isShown = status !== 200 || shows();
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) left = Number(length);
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      state = "size";
      return;
    } else if (status === 204 || status === 304) left = 0;
    else throw new Error(`Nothing says where this answer ends: ${head}`);
    state = "body";
    if (left === 0) finish();
  };

  /** The next line without its end, and undefined until that came. */
  const readUntil = (mark: string, chunk: Buffer, at: number): { text: string; next: number } | undefined => {
    const text = begun + chunk.toString("latin1", at, Math.min(chunk.length, at + HEAD_MAX));
    const end = text.indexOf(mark);
    if (end === -1) {
      if (text.length > HEAD_MAX) throw new Error("A head or a line of an answer does not end.");
      begun = text;
      return undefined;
    }
    const next = at + end + mark.length - begun.length;
    begun = "";
    return { text: text.slice(0, end), next };
  };

  const take = (chunk: Buffer, at: number): number => {
    const count = Math.min(left, chunk.length - at);
    if (isShown && shown.length < SHOWN_MAX) shown += chunk.toString("utf8", at, at + count).slice(0, SHOWN_MAX);
    left -= count;
    return at + count;
  };

  const push = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (state === "body" || state === "data") {
        at = take(chunk, at);
        if (left > 0) return;
        if (state === "body") finish();
        else state = "data end";
        continue;
      }
      const read = readUntil(state === "head" ? "\r\n\r\n" : "\r\n", chunk, at);
      if (!read) return;
      at = read.next;
      if (state === "head") begin(read.text);
      else if (state === "data end") state = "size";
      else if (state === "size") {
        left = Number.parseInt(read.text, 16);
        if (!Number.isInteger(left)) throw new Error(`This is no size of a chunk: ${JSON.stringify(read.text)}`);
        state = left === 0 ? "trailer" : "data";
      } else if (read.text === "") finish();
    }
  };

  return { push, isBetween: () => state === "head" && begun === "" };
}
