import { Pencil, RotateCw, TimerReset, Trash2 } from "lucide-react";
import { useNow } from "../../lib/clock.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { JsonView } from "../../ui/CodeBlock.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { PeekPanel, PeekSection } from "../../ui/PeekPanel.tsx";
import { Time } from "../../ui/Time.tsx";
import classes from "./CachePeek.module.css";
import { type CacheEntry, type CacheFound, leftMs, lifeMs } from "./entry.ts";
import type { KeyActs } from "./use-key-acts.ts";

interface CachePeekProps {
  readonly cacheKey: string;
  readonly acts: KeyActs;
  onEdit(found: CacheFound): void;
  /** Opens the preview of deleting all entries with a tag. */
  onTag(tag: string): void;
  onClose(): void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

export function CachePeek(props: CachePeekProps) {
  const { cacheKey: key, acts } = props;
  const t = useT();
  // Each reading counts as a hit of the key, so it is read when it is opened and not again by itself.
  const query = trpc.cache.get.useQuery({ key }, { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false });
  const found = query.data?.found ? query.data : undefined;
  useShortcut("Space", t("peek.close"), props.onClose);
  useShortcut("e", t("cache.key.edit"), () => found && props.onEdit(found), {
    active: found !== undefined && acts.setOff === undefined,
  });
  return (
    <PeekPanel
      label={t("cache.peek", { key })}
      title={
        <>
          <span className={classes.key}>{key}</span>
          <CopyButton value={key} what={t("cache.theKey")} />
        </>
      }
      actions={
        found ? (
          <>
            <ActionButton
              keys="e"
              leftSection={<Pencil size={16} />}
              disabledReason={acts.setOff}
              onClick={() => props.onEdit(found)}
            >
              {t("cache.edit")}
            </ActionButton>
            {found.entry?.expiresAt == null ? null : (
              <ActionButton
                leftSection={<TimerReset size={16} />}
                disabledReason={acts.setOff}
                onClick={() => acts.renew(found)}
              >
                {t("cache.renew")}
              </ActionButton>
            )}
            <span className={classes.end}>
              <ActionButton
                tone="danger"
                leftSection={<Trash2 size={16} />}
                disabledReason={acts.deleteOff}
                onClick={() => acts.remove(key)}
              >
                {t("cache.delete")}
              </ActionButton>
            </span>
          </>
        ) : null
      }
      onClose={props.onClose}
      onPrevious={props.onPrevious}
      onNext={props.onNext}
    >
      <AsyncView query={query} errorTitle={t("cache.peek.error")}>
        {({ entry, value }) =>
          entry ? (
            <PeekBody entry={entry} value={value} onTag={props.onTag} onReadAgain={() => void query.refetch()} />
          ) : (
            <EmptyState kind="none-match" title={t("cache.absent")} body={t("cache.absentBody")} />
          )
        }
      </AsyncView>
    </PeekPanel>
  );
}

interface PeekBodyProps {
  readonly entry: CacheEntry;
  readonly value: unknown;
  onTag(tag: string): void;
  onReadAgain(): void;
}

function PeekBody({ entry, value, onTag, onReadAgain }: PeekBodyProps) {
  const t = useT();
  const format = useFormat();
  return (
    <>
      <TimeLeft entry={entry} onReadAgain={onReadAgain} />
      <PeekSection>
        <Facts
          facts={[
            { label: t("cache.fact.hits"), value: <span className="num">{format.number(entry.hits)}</span> },
            { label: t("cache.fact.size"), value: <span className="num">{format.bytes(entry.sizeBytes)}</span> },
            { label: t("cache.fact.written"), value: <Time at={entry.createdAt} as="dateTime" /> },
            {
              label: t("cache.fact.tags"),
              value:
                entry.tags.length === 0 ? (
                  <span className="muted">{t("ui.none")}</span>
                ) : (
                  <span className={classes.tags}>
                    {entry.tags.map((tag) => (
                      <button
                        key={tag}
                        type="button"
                        className={classes.tag}
                        title={t("cache.tag.open", { tag })}
                        onClick={() => onTag(tag)}
                      >
                        {tag}
                      </button>
                    ))}
                  </span>
                ),
            },
          ]}
        />
      </PeekSection>
      <PeekSection
        title={t("cache.value")}
        end={<CopyButton value={JSON.stringify(value, null, 2)} what={t("cache.value")} />}
      >
        <JsonView value={value} label={t("cache.value")} maxLines={28} />
        <p className="muted meta">{t("cache.value.note")}</p>
      </PeekSection>
    </>
  );
}

function TimeLeft({ entry, onReadAgain }: { entry: CacheEntry; onReadAgain(): void }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const left = leftMs(entry, now);
  const life = lifeMs(entry);
  if (left === null || life === null) {
    return (
      <PeekSection title={t("cache.expires")}>
        <p>{t("cache.never")}</p>
      </PeekSection>
    );
  }
  const isOver = left <= 0;
  return (
    <PeekSection
      title={t(isOver ? "cache.hasExpired" : "cache.expires")}
      end={
        isOver ? (
          <ActionButton size="xs" leftSection={<RotateCw size={14} />} onClick={onReadAgain}>
            {t("cache.readAgain")}
          </ActionButton>
        ) : (
          <span className={classes.left}>
            <span className={classes.clock}>{format.clock(left + 999)}</span>{" "}
            {t("cache.of", { time: format.clock(life) })}
          </span>
        )
      }
    >
      <Meter share={left / life} label={t("cache.expires")} />
    </PeekSection>
  );
}
