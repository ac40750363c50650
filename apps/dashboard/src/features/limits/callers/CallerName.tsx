import { useT } from "../../../lib/i18n/i18n.tsx";
import classes from "./Callers.module.css";

const CALLER = /^(user|key|address):(.+)$/;
type Kind = "user" | "key" | "address";

/** Who calls: by the name people know, with the kind before it. Its whole key is told on hover. */
export function CallerName({ caller, label }: { caller: string; label: string | null }) {
  const t = useT();
  const [, kind, id = caller] = CALLER.exec(caller) ?? [];
  const isId = kind !== "address" && label === null;
  return (
    <span className={classes.name} title={caller}>
      {kind === undefined ? null : <span className="muted">{t(`limits.caller.${kind as Kind}`)} </span>}
      <span className={label === null ? "mono" : "medium"}>{label ?? (isId ? id.slice(-8) : id)}</span>
    </span>
  );
}
