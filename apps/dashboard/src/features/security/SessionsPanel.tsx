import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate, useMe } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Time } from "../../ui/Time.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { describeAgent } from "../users/describe-agent.ts";
import { EndOthersDialog } from "./EndOthersDialog.tsx";
import classes from "./Security.module.css";

type Session = Outputs["access"]["sessions"]["list"]["items"][number];
const SHOWN_MAX = 10;

/** Where one is signed in. */
export function SessionsPanel() {
  const t = useT();
  const gate = useGate();
  const { user } = useMe();
  const [isOpen, setIsOpen] = useState(false);
  const sessions = trpc.access.sessions.list.useQuery({ userId: user.id, limit: SHOWN_MAX });
  const others = sessions.data?.items.filter((each) => !each.current).length;
  return (
    <Panel
      title={t("sessions.title")}
      end={
        <ActionButton
          tone="danger"
          disabledReason={
            gate("access.sessions.revokeAll") ?? (others === 0 ? t("sessions.endOthers.none") : undefined)
          }
          onClick={() => setIsOpen(true)}
        >
          {t("sessions.endOthers")}
        </ActionButton>
      }
      flush
    >
      <AsyncView query={sessions} skeleton={<SkeletonLines lines={2} height={48} />} errorTitle={t("sessions.failed")}>
        {({ items, nextCursor }) => (
          <>
            <ul className={classes.rows} aria-label={t("sessions.title")}>
              {items.map((session) => (
                <SessionRow key={session.id} session={session} />
              ))}
            </ul>
            {nextCursor === null ? null : <p className={classes.none}>{t("sessions.more")}</p>}
          </>
        )}
      </AsyncView>
      {isOpen ? <EndOthersDialog userId={user.id} onClose={() => setIsOpen(false)} /> : null}
    </Panel>
  );
}

function SessionRow({ session }: { session: Session }) {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const revoke = trpc.access.sessions.revoke.useMutation({
    onSuccess: () => toast({ tone: "ok", title: t("sessions.did.end") }),
    onError: (error) => toast({ tone: "bad", title: t("sessions.didNot.end"), detail: toAppError(error).message }),
    onSettled: () => void utils.access.sessions.invalidate(),
  });
  const name = describeAgent(session.userAgent) ?? t("sessions.unknown");
  return (
    <li className={classes.row}>
      <span className={classes.words}>
        <span className={classes.device}>
          <span className="truncate">{name}</span>
          {session.current ? <Tag>{t("sessions.current")}</Tag> : null}
        </span>
        <span className="muted meta">
          {session.address ? <span className="mono">{session.address} · </span> : null}
          <Time at={session.lastSeenAt} />
        </span>
      </span>
      {session.current ? null : (
        <ActionButton
          size="xs"
          tone="danger"
          aria-label={t("sessions.endOf", { name })}
          disabledReason={gate("access.sessions.revoke")}
          loading={revoke.isPending}
          onClick={() => revoke.mutate({ id: session.id })}
        >
          {t("sessions.end")}
        </ActionButton>
      )}
    </li>
  );
}
