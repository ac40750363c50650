import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-edit.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Limit } from "../limit.ts";
import { revisionOf } from "./limit-form.ts";

/** That the limit is not what `base` was any more, and whose doing that is. Told by the list that is read on, or by the refusal. */
export function useStaleWords(base: Limit, now: Limit, error: unknown): string | undefined {
  const t = useT();
  const format = useFormat();
  const { code, details } = toAppError(error);
  const isRefused = code === "LIMIT_CHANGED";
  if (!isRefused && revisionOf(now) === revisionOf(base)) return undefined;
  const { by, at } = isRefused ? details : (now.change ?? {});
  return typeof by === "string" && typeof at === "string"
    ? t("limitEdit.stale", { who: by, time: format.time(at) })
    : t("limitEdit.stale.back");
}
