import { nowMs } from "../../lib/clock.ts";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";
import { type CacheFound, leftMs, lifeMs } from "./entry.ts";

export interface KeyActs {
  /** Removes the key; undo writes it back with the time it had left. */
  remove(key: string): void;
  /** Writes the same value anew, for as long as it was written before. */
  renew(found: CacheFound): void;
  readonly setOff: string | undefined;
  readonly deleteOff: string | undefined;
}

const SECOND = 1000;

export function useKeyActs(): KeyActs {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const gate = useGate();
  const utils = trpc.useUtils();
  const set = trpc.cache.set.useMutation();
  const remove = trpc.cache.delete.useMutation();
  const setOff = gate("cache.set");
  const deleteOff = gate("cache.delete");

  const restore = async ({ entry, value }: CacheFound): Promise<void> => {
    if (!entry) return;
    const left = leftMs(entry, nowMs());
    if (left !== null && left <= 0) {
      toast({ tone: "bad", title: t("cache.notRestored", { key: entry.key }), detail: t("cache.wouldBeExpired") });
      return;
    }
    try {
      await set.mutateAsync({
        key: entry.key,
        value,
        tags: entry.tags,
        ...(left === null ? {} : { ttlSeconds: left / SECOND }),
      });
      toast({ tone: "ok", title: t("cache.restored", { key: entry.key }) });
    } catch (error) {
      toast({ tone: "bad", title: t("cache.notRestored", { key: entry.key }), detail: toAppError(error).message });
    }
    void utils.cache.invalidate();
  };
  const removeKey = async (key: string): Promise<void> => {
    try {
      // Read first: what is not known cannot be written back.
      const found = await utils.client.cache.get.query({ key });
      const { deleted } = await remove.mutateAsync({ key });
      toast({
        tone: "ok",
        title: t(deleted ? "cache.deleted" : "cache.wasGone", { key }),
        ...(deleted && found.entry && setOff === undefined ? { onUndo: () => void restore(found) } : {}),
      });
    } catch (error) {
      toast({ tone: "bad", title: t("cache.notDeleted", { key }), detail: toAppError(error).message });
    }
    void utils.cache.invalidate();
  };
  const renewKey = async ({ entry, value }: CacheFound): Promise<void> => {
    const life = entry && lifeMs(entry);
    if (!entry || life === null || life === undefined) return;
    try {
      await set.mutateAsync({ key: entry.key, value, tags: entry.tags, ttlSeconds: life / SECOND });
      toast({ tone: "ok", title: t("cache.renewed", { key: entry.key, time: format.duration(life) }) });
    } catch (error) {
      toast({ tone: "bad", title: t("cache.notRenewed", { key: entry.key }), detail: toAppError(error).message });
    }
    void utils.cache.invalidate();
  };
  return {
    setOff,
    deleteOff,
    remove: (key) => void removeKey(key),
    renew: (found) => void renewKey(found),
  };
}
