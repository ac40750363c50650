import { Button, Popover } from "@mantine/core";
import { CircleHelp, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Facts } from "../../ui/Facts.tsx";
import classes from "./Audit.module.css";
import { RetentionDialog } from "./RetentionDialog.tsx";

type IntegrityAnswer = Outputs["audit"]["integrity"];
const HEAD_SHOWN = 8;
const VERIFY = "npx pnpm audit:verify";

/** How long the log is, what its chain ends in, how long it is kept and who could change it. */
export function Integrity() {
  const t = useT();
  const format = useFormat();
  const { data } = trpc.audit.integrity.useQuery();
  const [isAsked, setAsked] = useState(false);
  if (!data) return <div className={classes.integrity} aria-hidden />;
  const facts = [
    t("audit.events", { count: data.events }),
    t.rich("audit.head", { hash: <code className="mono">{data.headHash.slice(0, HEAD_SHOWN)}…</code> }),
    data.retentionDays === null
      ? t("audit.kept.forever")
      : t("audit.kept.days", { count: data.retentionDays, days: format.number(data.retentionDays) }),
    t(data.isRoleSeparated ? "audit.protected.role" : "audit.protected.triggers"),
  ];
  return (
    <div className={classes.integrity}>
      <ShieldCheck size={14} aria-hidden />
      <ul className={classes.integrityFacts} aria-label={t("audit.integrity")}>
        {facts.map((fact, index) => (
          <li key={index}>{fact}</li>
        ))}
      </ul>
      <Help data={data} onRetention={() => setAsked(true)} />
      {isAsked ? <RetentionDialog days={data.retentionDays} onClose={() => setAsked(false)} /> : null}
    </div>
  );
}

/** What the line means, how it is checked, and where the time to keep is changed. */
function Help({ data, onRetention }: { data: IntegrityAnswer; onRetention: () => void }) {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" width={400} trapFocus returnFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="subtle"
          leftSection={<CircleHelp size={14} />}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {t("audit.integrity.about")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.about ?? ""} aria-label={t("audit.integrity.about")}>
        <p>{t("audit.integrity.chain")}</p>
        <p className={classes.command}>
          <code className="mono">{VERIFY}</code>
          <CopyButton value={VERIFY} what={t("audit.integrity.command")} />
        </p>
        <p>{t(data.isRoleSeparated ? "audit.integrity.role" : "audit.integrity.triggers")}</p>
        <Facts
          facts={[
            {
              label: t("audit.integrity.head"),
              value: (
                <span className={classes.copied}>
                  <code className={`mono ${classes.hash}`}>{data.headHash}</code>
                  <CopyButton value={data.headHash} what={t("audit.integrity.head")} />
                </span>
              ),
            },
            {
              label: t("audit.integrity.numbers"),
              value: (
                <span className="num">
                  {format.number(data.firstSeq)} – {format.number(data.headSeq)}
                </span>
              ),
            },
            { label: t("audit.integrity.pruned"), value: <span className="num">{format.number(data.pruned)}</span> },
          ]}
        />
        <ActionButton
          disabledReason={gate("audit.retention.set")}
          onClick={() => {
            setOpen(false);
            onRetention();
          }}
        >
          {t("audit.retention.open")}
        </ActionButton>
      </Popover.Dropdown>
    </Popover>
  );
}
