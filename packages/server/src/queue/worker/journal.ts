import type { JobLog } from "../../define.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Json } from "../../trpc/wire.ts";
import type { LogLine } from "../engine.ts";
import { toStorableText } from "../storable.ts";

const LINES_MAX = 100;
const LINE_MAX_LENGTH = 2000;

/** What a job says about one attempt while it runs: lines and progress. Held in memory and written now and then. */
export interface Journal {
  readonly log: JobLog;
  /** Data that is not given stays as it was. */
  readonly setProgress: (share: number, data?: Json) => void;
  readonly lines: readonly LogLine[];
  readonly progress: number | null;
  readonly progressData: Json | null;
  /** Whether something was added since the last call. */
  takeChanged(): boolean;
}

export function createJournal(clock: Clock): Journal {
  const lines: LogLine[] = [];
  let progress: number | null = null;
  let progressData: Json | null = null;
  let isChanged = false;

  const add =
    (level: LogLine["level"]) =>
    (message: string): void => {
      if (lines.length > LINES_MAX) return;
      isChanged = true;
      const at = clock.now().toISOString();
      if (lines.length < LINES_MAX) lines.push({ at, level, message: toStorableText(message, LINE_MAX_LENGTH) });
      else lines.push({ at, level: "warn", message: `Only the first ${LINES_MAX} lines of an attempt are kept.` });
    };

  return {
    log: { info: add("info"), warn: add("warn"), error: add("error") },
    setProgress: (share, data) => {
      if (!Number.isFinite(share)) return;
      progress = Math.min(1, Math.max(0, share));
      if (data !== undefined) progressData = data;
      isChanged = true;
    },
    lines,
    get progress() {
      return progress;
    },
    get progressData() {
      return progressData;
    },
    takeChanged: () => {
      const was = isChanged;
      isChanged = false;
      return was;
    },
  };
}
