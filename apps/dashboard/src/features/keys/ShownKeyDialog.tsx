import { Check, Copy } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { useCopy } from "../../ui/CopyButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import type { MadeKey } from "./key.ts";
import classes from "./Keys.module.css";

/** The only time that a key is seen. */
export function ShownKeyDialog({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const t = useT();
  const [copied, copy] = useCopy();
  return (
    <Dialog
      title={t("apiKeys.shown.title", { name: made.item.name })}
      onClose={onClose}
      onSubmit={onClose}
      actions={
        <ActionButton size="md" type="submit">
          {t("apiKeys.shown.done")}
        </ActionButton>
      }
    >
      <Notice tone="warn" title={t("apiKeys.shown.body")} />
      <div className={classes.shown}>
        <CodeBlock label={t("apiKeys.shown.key")}>{made.key}</CodeBlock>
        <ActionButton
          size="md"
          tone="primary"
          leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
          onClick={() => copy(made.key)}
          data-autofocus
        >
          {copied ? t("ui.copied") : t("apiKeys.shown.copy")}
        </ActionButton>
      </div>
      <p className="muted">{t("apiKeys.shown.use")}</p>
      <CodeBlock
        label={t("apiKeys.shown.use")}
      >{`curl -H "Authorization: Bearer swb_${made.item.prefix}_…" \\\n  ${window.location.origin}/trpc/access.me`}</CodeBlock>
    </Dialog>
  );
}
