import { parseArgs } from "node:util";
import { loadConfig, verifyAuditLog, type NotedHead, type Verdict } from "@switchboard/server";
import { defaults, toSentence } from "./environment.ts";

const USAGE = `Checks the chain of hashes that links the rows of the audit log.

  npx pnpm audit:verify [--head <seq>:<hash> | --head <hash>] [--demo]

Reads every row and hashes it again. The server may run or not; the environment is the server's (DATABASE_URL, SWITCHBOARD_DATA_DIR).
Exit code: 0 whole, 1 broken, 2 not checked.

  --head   a head that was noted before, for example from the line audit.head of the server's log: it must still be in the chain. Only
           this finds that the end of the log was cut off, or that all of it was made anew
  --demo   the data of the demo`;
const OPTIONS = "--head <seq>:<hash>, --demo and --help";
const EXIT_CODES = { whole: 0, broken: 1, unknown: 2 } as const;
const NOT_CHECKED = 2;

async function run(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: {
        head: { type: "string" },
        demo: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const noted = values.head === undefined ? undefined : parseHead(values.head);
    if (values.head !== undefined && !noted) {
      console.error(
        `"${values.head}" is no head: <seq>:<hash>, or the hash alone; the hash is 64 hexadecimal digits.\n\n${USAGE}`,
      );
      return NOT_CHECKED;
    }
    const verdict = await verifyAuditLog(loadConfig({ ...defaults(values.demo), ...process.env }), noted);
    report(verdict, noted);
    return EXIT_CODES[verdict.state];
  } catch (error) {
    console.error(toSentence(error, OPTIONS, "The audit log could not be checked"));
    return NOT_CHECKED;
  }
}

function parseHead(text: string): NotedHead | undefined {
  const [, seq, hash] = /^(?:(\d{1,15}):)?([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  return hash === undefined
    ? undefined
    : { seq: seq === undefined ? undefined : Number(seq), hash: hash.toLowerCase() };
}

function report({ state, events, head, checkpoint, problem }: Verdict, noted: NotedHead | undefined): void {
  const sentences = {
    whole: `The audit log is whole: ${events} events${noted ? ", and the noted head is among them" : ""}.`,
    broken: `THE AUDIT LOG IS BROKEN. ${problem?.message}`,
    unknown: `The audit log is whole in itself, ${events} events. ${problem?.message}`,
  };
  (state === "whole" ? console.log : console.error)(sentences[state]);
  if (problem)
    console.log(`First row: ${problem.seq} (${problem.finding}); events before it that are right: ${events}`);
  console.log(`Head:      ${head.seq}:${head.hash}`);
  if (checkpoint) {
    console.log(
      `Retention: rows up to ${checkpoint.seq} removed at ${checkpoint.at}, the last with hash ${checkpoint.hash}`,
    );
  }
}

process.exitCode = await run();
