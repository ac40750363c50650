import { Checkbox, Radio, TextInput } from "@mantine/core";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import classes from "./Bulk.module.css";
import { type BulkAct, type Pace, perSecondOf } from "./bulk.ts";

const PER_SECOND = "20";

interface PaceFieldsProps {
  readonly act: BulkAct;
  readonly count: number;
  readonly pace: Pace;
  onPace(pace: Pace): void;
  readonly paceError: string | undefined;
  readonly isStaged: boolean;
  onStaged(isStaged: boolean): void;
}

/** How fast, and for a retry whether a few go first. */
export function PaceFields({ act, count, pace, onPace, paceError, isStaged, onStaged }: PaceFieldsProps) {
  const t = useT();
  const format = useFormat();
  const perSecond = perSecondOf(pace);
  return (
    <div className={classes.pace}>
      {act === "retry" ? (
        <Checkbox
          label={t("queue.bulk.staged")}
          description={t("queue.bulk.stagedHint")}
          checked={isStaged}
          onChange={(event) => onStaged(event.currentTarget.checked)}
        />
      ) : null}
      <Radio.Group
        label={t("queue.bulk.pace")}
        value={pace.kind}
        onChange={(kind) => onPace(kind === "spread" ? { kind, perSecond: PER_SECOND } : { kind: "atOnce" })}
      >
        <div className={classes.paces}>
          <Radio value="atOnce" label={t("queue.bulk.atOnce")} />
          <div className={classes.spread}>
            <Radio value="spread" label={t("queue.bulk.spread")} />
            {pace.kind === "spread" ? (
              <>
                <TextInput
                  aria-label={t("queue.bulk.perSecond")}
                  className={classes.perSecond ?? ""}
                  inputMode="numeric"
                  autoComplete="off"
                  maxLength={4}
                  value={pace.perSecond}
                  error={paceError !== undefined}
                  onChange={(event) => onPace({ kind: "spread", perSecond: event.currentTarget.value.trim() })}
                />
                <span>{t("queue.bulk.perSecond")}</span>
                <span className={paceError === undefined ? "muted num" : "bad"} role="status">
                  {paceError ??
                    (perSecond
                      ? t("queue.bulk.about", { time: format.duration(Math.ceil(count / perSecond) * 1000) })
                      : "")}
                </span>
              </>
            ) : null}
          </div>
        </div>
      </Radio.Group>
    </div>
  );
}
