import { AnswerError, networkError } from "./errors.ts";
import { parseRefusal } from "./http.ts";

export interface UploadOptions {
  readonly body: Blob;
  readonly mediaType: string;
  readonly signal: AbortSignal;
  /** Bytes that left this machine so far. */
  onSent(sentBytes: number): void;
}

/**
 * Sends a file and reads JSON. Raises an AnswerError for a refusal and for no answer, and the signal's reason once it is aborted.
 * With XMLHttpRequest: fetch does not tell how much of a body was sent.
 */
export function uploadFile(path: string, { body, mediaType, signal, onSent }: UploadOptions): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const call = new XMLHttpRequest();
  const abort = (): void => call.abort();
  signal.addEventListener("abort", abort, { once: true });
  call.upload.addEventListener("progress", (event) => onSent(event.loaded));
  call.addEventListener("load", () => {
    if (call.status >= 200 && call.status < 300) resolve(JSON.parse(call.responseText) as unknown);
    else reject(new AnswerError(parseRefusal(call.status, call.responseText, (name) => call.getResponseHeader(name))));
  });
  call.addEventListener("error", () => reject(networkError("The upload was cut off.")));
  call.addEventListener("abort", () => reject(signal.reason as Error));
  call.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
  call.open("POST", path);
  call.setRequestHeader("content-type", mediaType);
  call.send(body);
  return promise;
}
