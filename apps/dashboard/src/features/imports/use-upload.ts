import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";
import { uploadFile } from "../../lib/upload.ts";
import type { UserImport } from "./import.ts";

/** The server keeps no longer name. */
const NAME_MAX = 200;

export interface Sending {
  readonly fileName: string;
  readonly sentBytes: number;
  readonly sizeBytes: number;
}

export interface Upload {
  /** What is under way, or null. */
  readonly sending: Sending | null;
  /** Of the last try; not that it was called off. */
  readonly error: unknown;
  send(file: Blob, fileName: string): void;
  cancel(): void;
  clear(): void;
}

/**
 * Sends a file of people. `onStored` gets the id of the import: also when its columns have to be named first, for then the file is
 * kept and waits for that.
 */
export function useUpload(onStored: (id: string) => void): Upload {
  const utils = trpc.useUtils();
  const [sending, setSending] = useState<Sending | null>(null);
  const running = useRef<AbortController>(null);
  const mutation = useMutation({
    mutationFn: async ({ file, fileName }: { file: Blob; fileName: string }) => {
      const life = new AbortController();
      running.current = life;
      setSending({ fileName, sentBytes: 0, sizeBytes: file.size });
      const answer = await uploadFile(`/api/users/imports?fileName=${encodeURIComponent(fileName)}`, {
        body: file,
        mediaType: "text/csv",
        signal: life.signal,
        // The body as it travels may be a few bytes more than the file.
        onSent: (sentBytes) =>
          setSending({ fileName, sentBytes: Math.min(sentBytes, file.size), sizeBytes: file.size }),
      });
      return answer as UserImport;
    },
    onSuccess: (made) => onStored(made.id),
    onError: (error) => {
      const { code, details } = toAppError(error);
      if (code === "IMPORT_COLUMNS" && typeof details.importId === "string") onStored(details.importId);
    },
    onSettled: () => {
      running.current = null;
      setSending(null);
      void utils.users.imports.list.invalidate();
    },
  });
  // Whoever leaves the page has not begun an import: half of a file is of no use, and the server drops it.
  useEffect(() => () => running.current?.abort(new DOMException("The page was left.", "AbortError")), []);

  const isCalledOff = mutation.error instanceof DOMException && mutation.error.name === "AbortError";
  return {
    sending,
    error: isCalledOff ? null : mutation.error,
    send: (file, fileName) => mutation.mutate({ file, fileName: fileName.slice(0, NAME_MAX) }),
    cancel: () => running.current?.abort(new DOMException("Called off.", "AbortError")),
    clear: mutation.reset,
  };
}
