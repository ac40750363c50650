import { Radio } from "@mantine/core";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { CallersNow } from "./KeyCallers.tsx";
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
    <FormDialog
      title={t("apiKeys.rotate.title", { name: apiKey.name })}
      width={480}
      submitLabel={t("apiKeys.rotate.submit")}
      isBusy={rotate.isPending}
      error={rotate.error}
      footNote={t("apiKeys.create.note")}
      onSubmit={() => rotate.mutate({ id: apiKey.id, overlapSeconds: Number(overlap) })}
      onClose={onClose}
    >
      <p>{t("apiKeys.rotate.body")}</p>
      <CallersNow keyId={apiKey.id} />
      <Radio.Group label={t("apiKeys.rotate.overlap")} value={overlap} onChange={setOverlap}>
        <div className={classes.choices}>
          {OVERLAPS_SECONDS.map((seconds) => (
            <Radio key={seconds} value={seconds} label={t(`apiKeys.rotate.overlap.${seconds}`)} />
          ))}
        </div>
      </Radio.Group>
    </FormDialog>
  );
}
