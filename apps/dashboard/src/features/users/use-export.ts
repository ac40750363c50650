import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type Inputs, trpc } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";
import { saveAs } from "./save-as.ts";

type Filter = Omit<Inputs["users"]["export"], "cursor" | "format">;

export interface Export {
  /** Rows fetched so far while it runs; null when it does not. */
  readonly rows: number | null;
  start(format: "csv" | "ndjson"): void;
}

/** Fetches all people that match, chunk by chunk, and hands them to the browser as one file. */
export function useExport(filter: Filter): Export {
  const t = useT();
  const toast = useToast();
  const { client } = trpc.useUtils();
  const [rows, setRows] = useState<number | null>(null);

  const run = async (format: "csv" | "ndjson"): Promise<void> => {
    const chunks: string[] = [];
    let cursor: string | undefined;
    let count = 0;
    setRows(0);
    try {
      do {
        const chunk = await client.users.export.query({
          ...filter,
          format,
          ...(cursor === undefined ? {} : { cursor }),
        });
        chunks.push(chunk.content);
        cursor = chunk.nextCursor ?? undefined;
        setRows((count += chunk.rows));
      } while (cursor !== undefined);
      saveAs(`users.${format}`, chunks, format === "csv" ? "text/csv" : "application/x-ndjson");
      toast({ tone: "ok", title: t("users.export.done", { count }) });
    } catch (error) {
      toast({ tone: "bad", title: t("users.export.failed"), detail: toAppError(error).message });
    } finally {
      setRows(null);
    }
  };
  return { rows, start: (format) => void run(format) };
}
