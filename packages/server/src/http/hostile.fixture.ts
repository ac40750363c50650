import { connect, type Socket } from "node:net";
import { createSystemClock } from "../platform/clock.ts";

export type Random = () => number;

const clock = createSystemClock();

export interface Attack {
  readonly name: string;
  /** Statuses it may see. Fewer, or none: whoever misbehaves is owed no answer. */
  readonly answers: readonly number[];
  /** Resolves when it is over: the attacker left, or waited until the server had enough. */
  readonly run: (wire: Wire, random: Random) => Promise<void> | void;
}

/** Long after every limit of the servers under attack: a connection that is open by then was forgotten. */
const FORGOTTEN_MS = 10_000;
const DRIP_MS = 25;

/** A connection as an attacker sees it. */
export class Wire {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly bearer: string;
  #text = "";
  readonly #listeners = new Set<() => void>();

  constructor(port: number, bearer: string) {
    this.bearer = bearer;
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    const wake = (): void => this.#listeners.forEach((listener) => listener());
    this.socket.on("data", (data) => {
      this.#text += data.toString("latin1");
      wake();
    });
    // Reset by the server: as good an end as any.
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => this.socket.end());
    this.socket.on("close", () => {
      resolve();
      wake();
    });
  }

  get statuses(): number[] {
    return [...this.#text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    for (const part of parts) if (this.socket.writable) this.socket.write(part);
  }

  /** Resolves once the server said `text`, or closed. */
  heard(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#text.includes(text) && !this.socket.closed) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  connected(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.socket.connecting) resolve();
      else this.socket.once("connect", resolve).once("close", () => resolve());
    });
  }

  /** Writes one byte after the other until the server has had enough. */
  async drip(text: string): Promise<void> {
    let at = 0;
    const over = new AbortController();
    clock.every(DRIP_MS, () => this.send(text[at++ % text.length] ?? ""), over.signal);
    await this.closed;
    over.abort();
  }

  /** Resolves after up to `ms`: the moment of the act is what is random. */
  moment(random: Random, ms = 60): Promise<void> {
    return clock.sleep(random() * ms);
  }

  /** Leaves in one of the ways there are. */
  async leave(random: Random): Promise<void> {
    const way = Math.floor(random() * 3);
    if (way === 0) this.socket.resetAndDestroy();
    else if (way === 1) this.socket.destroy();
    else {
      this.socket.end();
      await Promise.race([this.closed, this.moment(() => 1, 100)]);
      this.socket.destroy();
    }
    await this.closed;
  }
}

/** 200 is for what is asked on the same connection beside the attack, 408 for an attacker whom a busy machine made slow. */
const ALWAYS = new Set([200, 408]);

/** Plays it. Answers what it saw that it may not see. */
export async function play(attack: Attack, port: number, bearer: string, random: Random): Promise<string[]> {
  const wire = new Wire(port, bearer);
  const forgotten = Promise.withResolvers<"forgotten">();
  const inTime = clock.after(FORGOTTEN_MS, () => forgotten.resolve("forgotten"));
  try {
    await wire.connected();
    const end = await Promise.race([attack.run(wire, random), forgotten.promise]);
    const wrong = wire.statuses.filter((status) => !ALWAYS.has(status) && !attack.answers.includes(status));
    return [...wrong, ...(end === undefined ? [] : [end])].map((what) => `${attack.name}: ${what}`);
  } finally {
    inTime();
    wire.socket.destroy();
  }
}

const head = (line: string, ...headers: readonly string[]): string => [line, ...headers, "", ""].join("\r\n");
const HOST = "host: desk.test";
const JSON_TYPE = "content-type: application/json";
const ECHO = "POST /trpc/hostile.echo HTTP/1.1";
const NOW = "GET /trpc/hostile.now HTTP/1.1";
const BODY = JSON.stringify({ text: "hostile" });
const now = head(NOW, HOST);
const hold = (bearer: string, ...headers: string[]): string =>
  head("GET /trpc/hostile.hold HTTP/1.1", HOST, `authorization: Bearer ${bearer}`, ...headers);
const announced = (bytes: number, ...headers: string[]): string =>
  head(ECHO, HOST, JSON_TYPE, `content-length: ${bytes}`, ...headers);
const chunked = head(ECHO, HOST, JSON_TYPE, "transfer-encoding: chunked");
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** Sends it, and waits until the server closes; what it keeps open the last request closes. */
const say =
  (...texts: readonly (string | Uint8Array)[]): Attack["run"] =>
  async (wire) => {
    wire.send(...texts);
    await wire.closed;
  };
/** Sends one of these, then a request that ends the connection. */
const sayOneOf =
  (...texts: readonly (string | Uint8Array)[]): Attack["run"] =>
  async (wire, random) => {
    const text = texts[Math.floor(random() * texts.length)] ?? "";
    wire.send(text, head(NOW, HOST, "connection: close"));
    await wire.closed;
  };
const sayAndLeave =
  (...texts: readonly (string | Uint8Array)[]): Attack["run"] =>
  async (wire, random) => {
    wire.send(...texts);
    await wire.moment(random);
    await wire.leave(random);
  };
const get = (url: string, ...headers: string[]): string => head(`GET ${url} HTTP/1.1`, HOST, ...headers);

/** Ends by the patience of the server alone. */
const slow: readonly Attack[] = [
  { name: "a connection that says nothing", answers: [408], run: say() },
  { name: "headers that never end", answers: [408], run: say(`${NOW}\r\n${HOST}\r\nx-a: 1`) },
  {
    name: "headers byte by byte",
    answers: [408],
    run: (wire) => wire.drip(`${NOW}\r\n${HOST}\r\n${"x-a: 1\r\n".repeat(200)}`),
  },
  { name: "a body that stops", answers: [408], run: say(announced(1000), BODY) },
  { name: "a chunked body that stops", answers: [408], run: say(chunked, chunk(BODY)) },
  {
    name: "a body byte by byte",
    answers: [408],
    run: async (wire) => (wire.send(announced(100_000)), wire.drip(BODY)),
  },
  {
    name: "a chunked body byte by byte",
    answers: [408],
    run: async (wire) => (wire.send(chunked), wire.drip(chunk("x"))),
  },
  { name: "less body than announced, then silence", answers: [408], run: say(announced(BODY.length + 1), BODY) },
  { name: "100-continue without a body", answers: [100, 408], run: say(announced(10, "expect: 100-continue")) },
  { name: "silence after an answer", answers: [200, 408], run: say(now, `${NOW}\r\n`) },
];

/** Leaves in the middle of something. */
const leaving: readonly Attack[] = [
  { name: "leaves after connecting", answers: [], run: (wire, random) => wire.leave(random) },
  { name: "leaves in the headers", answers: [400], run: sayAndLeave(`${NOW}\r\n${HOST}`) },
  { name: "leaves in the body", answers: [400], run: sayAndLeave(announced(1000), BODY) },
  { name: "leaves in a chunked body", answers: [400], run: sayAndLeave(chunked, chunk(BODY)) },
  { name: "leaves in a chunk", answers: [400], run: sayAndLeave(chunked, "ff\r\nabc") },
  { name: "leaves before the answer", answers: [200], run: sayAndLeave(now) },
  { name: "leaves a burst", answers: [200, 429], run: sayAndLeave(now.repeat(20)) },
  {
    name: "leaves a burst of bodies",
    answers: [200, 400, 429],
    run: sayAndLeave(`${announced(BODY.length)}${BODY}`.repeat(10), announced(9)),
  },
  { name: "leaves 100-continue", answers: [100, 400], run: sayAndLeave(announced(10, "expect: 100-continue")) },
  // Of many at once only some have a slot; the others leave while they wait for one, or are refused.
  {
    name: "leaves a procedure, or its queue",
    answers: [429, 503],
    run: async (wire, random) => {
      wire.send(hold(wire.bearer));
      await wire.moment(random, 400);
      await wire.leave(random);
    },
  },
  {
    name: "leaves a pipeline of waiting calls",
    answers: [429, 503],
    run: async (wire, random) => {
      wire.send(hold(wire.bearer).repeat(3));
      await wire.moment(random, 200);
      await wire.leave(random);
    },
  },
  {
    name: "leaves a subscription",
    answers: [200, 429, 503],
    run: async (wire, random) => {
      wire.send(get("/trpc/hostile.live", `authorization: Bearer ${wire.bearer}`, "accept: text/event-stream"));
      await wire.heard("data:");
      await wire.moment(random);
      await wire.leave(random);
    },
  },
  {
    name: "leaves a streamed batch",
    answers: [200, 429, 503],
    run: async (wire, random) => {
      const url = "/trpc/hostile.hold,hostile.hold,hostile.now?batch=1";
      wire.send(get(url, `authorization: Bearer ${wire.bearer}`, "trpc-accept: application/jsonl"));
      await wire.heard("HTTP/1.1 ");
      await wire.moment(random);
      await wire.leave(random);
    },
  },
  {
    name: "asks for much and reads nothing",
    answers: [200, 429],
    run: async (wire, random) => {
      wire.socket.pause();
      wire.send(get("/trpc/hostile.large").repeat(10));
      await wire.moment(random, 200);
      await wire.leave(random);
    },
  },
  {
    name: "says nonsense while a call is under way",
    answers: [400, 429, 503],
    run: async (wire, random) => {
      wire.send(hold(wire.bearer));
      await wire.moment(random);
      wire.send("nonsense\r\n\r\n");
      await wire.closed;
    },
  },
];

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const close = "connection: close";

/** Said at once and wrong. */
const malformed: readonly Attack[] = [
  {
    name: "no request line",
    answers: [400],
    run: sayOneOf(
      "BREW /trpc/hostile.now HTTP/1.1\r\n\r\n",
      "get /trpc/hostile.now HTTP/1.1\r\n\r\n",
      `GET /trpc/hostile.now HTTP/9.9\r\n${HOST}\r\n\r\n`,
      `GET /trpc/hostile.now HTTP/1.1x\r\n${HOST}\r\n\r\n`,
      `GET /trpc/hostile.now\r\n${HOST}\r\n\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "\r\n\r\n\r\n\0",
      "\0".repeat(100),
    ),
  },
  {
    name: "bytes that no URL has",
    answers: [400],
    run: sayOneOf(
      head("GET /trpc/hostile now HTTP/1.1", HOST),
      head("GET /trpc/hostile\0now HTTP/1.1", HOST),
      head("GET trpc/hostile.now HTTP/1.1", HOST),
    ),
  },
  {
    name: "bytes that no header has",
    answers: [400],
    run: sayOneOf(
      head(NOW, HOST, "x a: 1"),
      head(NOW, HOST, "x-a\0: 1"),
      head(NOW, HOST, "x-a: \0"),
      head(NOW, HOST, "x-a: a\rb"),
      head(NOW, HOST, "no colon"),
      head(NOW, HOST, ": no name"),
      head(NOW, HOST, " folded: 1"),
    ),
  },
  {
    name: "lines that end in LF alone",
    answers: [200, 400],
    run: sayOneOf(head(NOW, HOST).replaceAll("\r\n", "\n"), `${NOW}\r\n${HOST}\n\r\n`),
  },
  { name: "a huge header", answers: [431], run: say(head(NOW, HOST, `x-a: ${"a".repeat(100_000)}`)) },
  {
    name: "many headers",
    answers: [431],
    run: say(head(NOW, HOST, ...Array.from({ length: 5000 }, (_, at) => `x-${at}: 1`))),
  },
  { name: "a huge URL", answers: [431], run: say(get(`/trpc/hostile.now?input=${"a".repeat(100_000)}`)) },
  {
    name: "a huge path",
    answers: [404],
    run: sayOneOf(get(`/trpc/${"a".repeat(10_000)}`), get(`/trpc/${"a.".repeat(5000)}a`)),
  },
  {
    name: "a large body, announced",
    answers: [413],
    run: (wire) => (wire.send(announced(2_000_000, close), "x"), wire.closed),
  },
  {
    name: "a large body, streamed",
    answers: [413],
    run: async (wire) => {
      wire.send(head(ECHO, HOST, JSON_TYPE, "transfer-encoding: chunked", close));
      for (let sent = 0; sent < 24; sent += 1) wire.send(chunk("x".repeat(65_536)));
      wire.send("0\r\n\r\n");
      await wire.closed;
    },
  },
  {
    name: "chunks of nonsense",
    answers: [400, 413],
    run: sayOneOf(
      `${chunked}nonsense\r\n`,
      `${chunked}-1\r\nx\r\n`,
      `${chunked}ffffffffffffffffff\r\nx\r\n`,
      `${chunked}0x3\r\nabc\r\n`,
      `${chunked}3\r\nabcdef\r\n`,
      `${chunked}3;${"e".repeat(50_000)}\r\nabc\r\n0\r\n\r\n`,
      `${chunked}0\r\nbad trailer\r\n\r\n`,
    ),
  },
  {
    name: "more body than announced",
    answers: [400],
    run: sayOneOf(`${announced(5)}${BODY}`, `${announced(0)}${BODY}`),
  },
  {
    name: "two lengths",
    answers: [400],
    run: sayOneOf(
      announced(BODY.length, "content-length: 3") + BODY,
      announced(BODY.length, `content-length: ${BODY.length}`) + BODY,
      head(ECHO, HOST, JSON_TYPE, `content-length: ${BODY.length}, 3`) + BODY,
    ),
  },
  {
    name: "a length that is none",
    answers: [400],
    run: sayOneOf(
      ...["-1", "+1", "0x10", "1e3", "99999999999999999999", " ", "1 1"].map(
        (length) => head(ECHO, HOST, JSON_TYPE, `content-length: ${length}`) + BODY,
      ),
    ),
  },
  {
    name: "a request smuggled in a body",
    answers: [400],
    run: sayOneOf(
      announced(4, "transfer-encoding: chunked") + "0\r\n\r\n",
      head(ECHO, HOST, JSON_TYPE, "transfer-encoding: chunked", "content-length: 5") + "0\r\n\r\n",
      head(ECHO, HOST, JSON_TYPE, "transfer-encoding: xchunked", "content-length: 5") + "0\r\n\r\n",
      head(ECHO, HOST, JSON_TYPE, "transfer-encoding: chunked, identity") + "0\r\n\r\n",
      head(ECHO, HOST, JSON_TYPE, "transfer-encoding: identity", "transfer-encoding: chunked", "content-length: 2") +
        "0\r\n\r\n",
      head(ECHO, HOST, JSON_TYPE, "transfer-encoding : chunked") + "0\r\n\r\n",
    ),
  },
  // What follows a close is unreadable, and that may be seen before the answer is ready: here and below.
  { name: "HTTP/1.0", answers: [200, 400], run: sayOneOf("GET /trpc/hostile.now HTTP/1.0\r\n\r\n") },
  {
    name: "hosts that are none",
    answers: [200, 400],
    run: sayOneOf(
      ...[
        "host: a b",
        "host: [",
        "host: a@b/..",
        "host: %",
        "host:",
        "host: 1:99999",
        "host: ::",
        "x-none: 1",
        `${HOST}\r\nhost: other`,
      ].map((line) => head(NOW, line)),
    ),
  },
  {
    name: "percent signs",
    answers: [200, 400, 404],
    run: sayOneOf(
      ...[
        "/trpc/%",
        "/trpc/%00",
        "/trpc/%ff",
        "/trpc/%2e%2e%2f%2e%2e",
        "/trpc/../trpc/hostile.now",
        "/trpc/hostile%2enow",
        "/%",
        "/%ff",
        "/%00",
      ].map((url) => get(url)),
      ...[
        "/trpc/hostile.now?input=%",
        "/trpc/hostile.now?input=%ff",
        "/trpc/hostile.now?%=%&input=%7B",
        "/trpc/hostile.now?batch=%31",
        "/trpc/,?batch=1",
      ].map((url) => get(url)),
      ...[
        "/assets/%",
        "/assets/..%2f..%2fpackage.json",
        "/api/auth/%",
        "/api/users/imports/%/problems.csv",
        "/api/auth/..%2f",
      ].map((url) => get(url)),
    ),
  },
  {
    name: "URLs of other servers",
    answers: [200, 400, 404, 415],
    run: sayOneOf(
      ...[
        "http://evil.test/trpc/hostile.now",
        "http://",
        "//evil.test",
        "//",
        "http://[",
        "///trpc/hostile.now",
        "/trpc//",
        "/trpc/?",
        "/trpc/#",
        "?",
        "*",
      ].map((url) => get(url)),
      head("OPTIONS * HTTP/1.1", HOST),
    ),
  },
  { name: "CONNECT", answers: [], run: say(head("CONNECT evil.test:443 HTTP/1.1", HOST)) },
  {
    name: "methods that are not served",
    answers: [200, 204, 400, 404, 405, 415],
    run: sayOneOf(
      ...["TRACE", "OPTIONS", "DELETE", "PUT", "PATCH", "PROPFIND", "QUERY", "POST", "M-SEARCH"].map((method) =>
        head(`${method} /trpc/hostile.now HTTP/1.1`, HOST),
      ),
      ...["TRACE", "DELETE", "QUERY"].map((method) => head(`${method} /trpc/hostile.echo HTTP/1.1`, HOST, JSON_TYPE)),
      ...["TRACE", "OPTIONS", "DELETE", "PUT"].map((method) => head(`${method} /api/auth/session HTTP/1.1`, HOST)),
    ),
  },
  {
    name: "HEAD",
    answers: [200, 204, 404],
    run: sayOneOf(head("HEAD /trpc/hostile.now HTTP/1.1", HOST), head("HEAD / HTTP/1.1", HOST)),
  },
  {
    name: "an upgrade",
    answers: [200],
    run: async (wire, random) => {
      const [protocol, ...more] =
        random() < 0.5 ? ["websocket", "sec-websocket-version: 13"] : ["h2c", "http2-settings: AAMA"];
      wire.send(head(NOW, HOST, "connection: upgrade", `upgrade: ${protocol}`, ...more));
      await wire.heard("HTTP/1.1 ");
      await wire.leave(random);
    },
  },
  { name: "100-continue", answers: [100, 200], run: sayOneOf(announced(BODY.length, "expect: 100-continue") + BODY) },
  { name: "another expectation", answers: [200, 417], run: sayOneOf(head(NOW, HOST, "expect: mercy")) },
  {
    name: "a close in the middle of a pipeline",
    answers: [200, 400],
    run: async (wire) => {
      wire.send(now, head(NOW, HOST, close), now.repeat(5));
      await wire.closed;
      if (wire.statuses.length > 2) throw new Error(`Answered after its close: ${wire.statuses.join(" ")}`);
    },
  },
  {
    name: "bodies that are no input",
    answers: [200, 400, 415],
    run: sayOneOf(
      ...[
        "",
        "{",
        "null",
        "[]",
        '{"text":1}',
        '{"text":"\\ud800"}',
        '{"__proto__":{"text":"a"}}',
        '{"text":1e999}',
        '{"text":"\\u0000"}',
        "[".repeat(50_000),
        `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
        "\xff\xfe{}",
        "\xef\xbb\xbf{}",
      ].map((body) => Buffer.concat([bytes(announced(body.length)), bytes(body)])),
      ...[
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/json; charset=utf-7",
        "",
      ].map((type) => head(ECHO, HOST, `content-type: ${type}`, "content-length: 2") + "{}"),
      announced(2, "content-encoding: gzip") + "{}",
    ),
  },
  {
    name: "batches that are none",
    answers: [200, 207, 400, 404],
    run: sayOneOf(
      get(`/trpc/${Array.from({ length: 150 }, () => "hostile.now").join(",")}?batch=1`),
      get(`/trpc/${",".repeat(2000)}?batch=1`),
      get("/trpc/hostile.now,hostile.now"),
      get("/trpc/hostile.now?batch=1&input=[]"),
      get("/trpc/hostile.now?batch=1&input={"),
      get("/trpc/hostile.now?batch=2"),
      get("/trpc/hostile.now,hostile.echo?batch=1"),
      get("/trpc/__proto__"),
      get("/trpc/hostile.constructor"),
      get("/trpc/hostile.now?connectionParams={"),
      get("/trpc/hostile.now?input=%7B%22a%22%3A1", "trpc-accept: application/jsonl"),
    ),
  },
  {
    name: "strangers at other doors",
    answers: [200, 400, 401, 403, 404, 405, 413, 415],
    run: sayOneOf(
      head(
        "POST /api/users/imports?fileName=a.csv HTTP/1.1",
        HOST,
        "content-type: text/csv",
        "content-length: 1000",
        close,
      ) + "a,b",
      head("POST /api/users/imports HTTP/1.1", HOST, "content-type: text/csv", "transfer-encoding: chunked", close) +
        "zz\r\n",
      head("POST /api/auth/sign-in/email HTTP/1.1", HOST, JSON_TYPE, "content-length: 1") + "{",
      head("POST /api/auth/sign-in/email HTTP/1.1", HOST, JSON_TYPE, "content-length: 2000000", close) + "{",
      get("/trpc/users.list", "authorization: Bearer nonsense"),
      get("/trpc/users.list", `cookie: ${"a=b;".repeat(1000)}`),
      get("/trpc/users.list", "x-forwarded-for: 1.1.1.1, nonsense", "forwarded: for=_x"),
    ),
  },
];

export const attacks: readonly Attack[] = [...slow, ...leaving, ...malformed];
