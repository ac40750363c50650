import { Button, Radio } from "@mantine/core";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import type { ApiKey, MadeKey } from "./key.ts";
import classes from "./Keys.module.css";

const OVERLAPS_SECONDS = ["0", "3600", "86400", "604800"] as const;
const OVERLAP_DEFAULT = "86400";

export interface RotateKeyDialogProps {
  readonly apiKey: ApiKey;
  onMade(made: MadeKey): void;
  onClose(): void;
}

export function RotateKeyDialog({ apiKey, onMade, onClose }: RotateKeyDialogProps) {
  const t = useT();
  const utils = trpc.useUtils();
  const [overlap, setOverlap] = useState<string>(OVERLAP_DEFAULT);
  const rotate = trpc.access.keys.rotate.useMutation({
    onSuccess: (made) => {
      void utils.access.keys.invalidate();
      onClose();
      onMade(made);
    },
  });
  return (
    <Dialog
      title={t("apiKeys.rotate.title", { name: apiKey.name })}
      width={480}
      onClose={onClose}
      onSubmit={() => rotate.mutate({ id: apiKey.id, overlapSeconds: Number(overlap) })}
      footNote={t("apiKeys.create.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" tone="primary" type="submit" loading={rotate.isPending}>
            {t("apiKeys.rotate.submit")}
          </ActionButton>
        </>
      }
    >
      <p>{t("apiKeys.rotate.body")}</p>
      <Radio.Group label={t("apiKeys.rotate.overlap")} value={overlap} onChange={setOverlap}>
        <div className={classes.choices}>
          {OVERLAPS_SECONDS.map((seconds) => (
            <Radio key={seconds} value={seconds} label={t(`apiKeys.rotate.overlap.${seconds}`)} />
          ))}
        </div>
      </Radio.Group>
      {rotate.error ? <Notice tone="bad" title={toAppError(rotate.error).message} /> : null}
    </Dialog>
  );
}
