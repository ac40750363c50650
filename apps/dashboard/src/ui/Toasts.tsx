import { Button } from "@mantine/core";
import { Check, CircleAlert, X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { after, nowMs, useNow } from "../lib/clock.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { useShortcut } from "../lib/keyboard.tsx";
import { IconAction } from "./ActionButton.tsx";
import { KeyHint } from "./KeyHint.tsx";
import classes from "./Toasts.module.css";

export interface Toast {
  readonly tone: "ok" | "bad";
  readonly title: string;
  readonly detail?: string;
  /** Takes the act back; the server holds it, the toast only counts. Bound to `z`. */
  onUndo?(): void;
  /** Another way on, such as Reload. */
  readonly action?: { readonly label: string; run(): void };
  /** Milliseconds it is shown. Default 6,000; 10,000 with undo; a bad one stays until it is dismissed. */
  readonly lastsMs?: number;
}

interface ShownToast extends Toast {
  readonly id: number;
  readonly endsAtMs: number | null;
}

const DEFAULT_MS = 6000;
const UNDO_MS = 10_000;
const SHOWN_MAX = 3;
const ToastContext = createContext<((toast: Toast) => void) | null>(null);
let lastId = 0;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly ShownToast[]>([]);
  const dismiss = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const show = useCallback((toast: Toast) => {
    const lastsMs = toast.lastsMs ?? (toast.onUndo ? UNDO_MS : toast.tone === "bad" ? null : DEFAULT_MS);
    lastId += 1;
    const shown: ShownToast = { ...toast, id: lastId, endsAtMs: lastsMs === null ? null : nowMs() + lastsMs };
    setToasts((all) => [...all, shown].slice(-SHOWN_MAX));
  }, []);
  const undoable = toasts.findLast((toast) => toast.onUndo);
  return (
    <ToastContext value={show}>
      {children}
      <ToastRegion toasts={toasts} undoableId={undoable?.id} dismiss={dismiss} />
    </ToastContext>
  );
}

/** Shows a sentence at the foot of the content for a while. */
export function useToast(): (toast: Toast) => void {
  const show = useContext(ToastContext);
  if (!show) throw new Error("useToast needs a ToastProvider above it.");
  return useMemo(() => show, [show]);
}

function ToastRegion(props: {
  toasts: readonly ShownToast[];
  undoableId: number | undefined;
  dismiss: (id: number) => void;
}) {
  const t = useT();
  return (
    <div className={classes.region} role="region" aria-label={t("toast.region")} aria-live="polite">
      {props.toasts.map((toast) => (
        <ToastCard
          key={toast.id}
          toast={toast}
          isUndoKey={toast.id === props.undoableId}
          onClose={() => props.dismiss(toast.id)}
        />
      ))}
    </div>
  );
}

function ToastCard({ toast, isUndoKey, onClose }: { toast: ShownToast; isUndoKey: boolean; onClose: () => void }) {
  const t = useT();
  const { endsAtMs, onUndo } = toast;
  useEffect(() => (endsAtMs === null ? undefined : after(endsAtMs - nowMs(), onClose)), [endsAtMs, onClose]);
  const undo = (): void => {
    onClose();
    onUndo?.();
  };
  useShortcut("z", t("keys.undo"), undo, { active: isUndoKey && onUndo !== undefined });
  return (
    <div className={classes.toast} role={toast.tone === "bad" ? "alert" : undefined}>
      {toast.tone === "ok" ? (
        <Check size={16} className="ok" aria-hidden />
      ) : (
        <CircleAlert size={16} className="bad" aria-hidden />
      )}
      <p className={classes.text}>
        <span className="medium">{toast.title}</span>
        {toast.detail ? <span className="muted">{toast.detail}</span> : null}
      </p>
      {onUndo && endsAtMs !== null ? (
        <>
          <SecondsLeft untilMs={endsAtMs} />
          <Button size="xs" rightSection={isUndoKey ? <KeyHint keys="z" /> : undefined} onClick={undo}>
            {t("ui.undo")}
          </Button>
        </>
      ) : null}
      {toast.action ? (
        <Button size="xs" onClick={toast.action.run}>
          {toast.action.label}
        </Button>
      ) : null}
      <IconAction size="xs" label={t("ui.dismiss")} onClick={onClose}>
        <X size={14} />
      </IconAction>
    </div>
  );
}

function SecondsLeft({ untilMs }: { untilMs: number }) {
  const t = useT();
  const now = useNow(500);
  return (
    <span className={classes.seconds} aria-hidden>
      {t("toast.secondsLeft", { seconds: Math.max(0, Math.ceil((untilMs - now) / 1000)) })}
    </span>
  );
}
