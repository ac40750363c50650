import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { saveFile } from "../../lib/save-file.ts";
import type { Inputs } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";

type Filter = Pick<Inputs["users"]["export"], "search" | "role" | "status">;
export const exportFormats = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface Export {
  /** Bytes that came so far while it runs; null when it does not. */
  readonly sizeBytes: number | null;
  start(format: ExportFormat): void;
}

/** All people that match, streamed by the server into one file. */
export function useExport(filter: Filter): Export {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const [sizeBytes, setSizeBytes] = useState<number | null>(null);
  const save = useMutation({
    mutationFn: (kind: ExportFormat) => {
      setSizeBytes(0);
      const query = new URLSearchParams({ format: kind });
      for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
      return saveFile(`/api/users/export?${query}`, { fileName: `users.${kind}`, onBytes: setSizeBytes });
    },
    onSuccess: (bytes, kind) =>
      toast({ tone: "ok", title: t("users.export.done", { file: `users.${kind}`, size: format.bytes(bytes) }) }),
    onError: (error) => toast({ tone: "bad", title: t("users.export.failed"), detail: toAppError(error).message }),
    onSettled: () => setSizeBytes(null),
  });
  return { sizeBytes, start: save.mutate };
}
