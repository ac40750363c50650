import { request } from "./http.ts";

export interface SaveOptions {
  readonly fileName: string;
  readonly signal?: AbortSignal;
  /** As the answer comes in. */
  onBytes?(sizeBytes: number): void;
}

/**
 * Fetches a file and hands it to the browser as a download; answers its size. Raises an AnswerError when the server refuses, and when
 * the answer is cut off half-way: a plain link would leave a page of JSON or a shorter file, and say nothing.
 *
 * The browser keeps the parts of a blob on disk as they come, so a large file does not have to fit into the memory of the tab.
 */
export async function saveFile(path: string, { fileName, signal, onBytes }: SaveOptions): Promise<number> {
  const response = await request(path, signal ? { signal } : {});
  let sizeBytes = 0;
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        sizeBytes += chunk.byteLength;
        onBytes?.(sizeBytes);
        controller.enqueue(chunk);
      },
    }),
  );
  const blob = await new Response(counted ?? null, { headers: response.headers }).blob();
  handOver(blob, fileName);
  return blob.size;
}

/** Hands text to the browser as a download. */
export function saveAs(fileName: string, parts: readonly string[], mimeType: string): void {
  handOver(new Blob([...parts], { type: `${mimeType};charset=utf-8` }), fileName);
}

function handOver(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
