import { Button } from "@mantine/core";
import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { toAppError } from "../lib/errors.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { EmptyState } from "./EmptyState.tsx";
import classes from "./states.module.css";

export interface ErrorStateProps {
  readonly error: unknown;
  /** What could not be read, in words: "The series could not be read". */
  readonly title?: string;
  readonly onRetry?: (() => void) | undefined;
  /** Another way out, beside the retry button. */
  readonly action?: ReactNode;
}

/** An error in a panel: words, code, request id to quote, and a way to try again. */
export function ErrorState({ error, title, onRetry, action }: ErrorStateProps) {
  const t = useT();
  const shown = toAppError(error);
  const isNetwork = shown.code === "NETWORK";
  if (shown.status === 403) {
    const right = typeof shown.details.right === "string" ? shown.details.right : undefined;
    return (
      <EmptyState
        kind="no-right"
        title={t("empty.noRight")}
        body={right ? `${shown.message} (${right})` : shown.message}
      />
    );
  }
  return (
    <div className={classes.state} role="alert">
      <CircleAlert size={20} className="bad" aria-hidden />
      <p className={classes.title}>{title ?? (isNetwork ? t("error.network") : t("error.title"))}</p>
      <p className={classes.text}>
        {isNetwork ? t("error.networkBody") : shown.message}
        {shown.retryAfterMs === null ? null : ` ${t("error.retryIn", { count: Math.ceil(shown.retryAfterMs / 1000) })}`}
      </p>
      <p className={classes.code}>
        <code className={classes.tag}>{shown.code}</code>
        {shown.requestId ? (
          <>
            <code className="mono muted">{shown.requestId}</code>
            <CopyButton value={shown.requestId} what={t("ui.requestId")} />
          </>
        ) : null}
      </p>
      {onRetry || action ? (
        <div className={classes.actions}>
          {onRetry ? (
            <Button leftSection={<RotateCw size={14} />} onClick={onRetry}>
              {t("ui.retry")}
            </Button>
          ) : null}
          {action}
        </div>
      ) : null}
    </div>
  );
}

export function CrashState({ onRetry }: { onRetry: () => void }) {
  const t = useT();
  return (
    <div className={classes.state} role="alert">
      <CircleAlert size={20} className="bad" aria-hidden />
      <p className={classes.title}>{t("error.crash")}</p>
      <p className={classes.text}>{t("error.crashBody")}</p>
      <div className={classes.actions}>
        <Button leftSection={<RotateCw size={14} />} onClick={onRetry}>
          {t("ui.retry")}
        </Button>
      </div>
    </div>
  );
}
