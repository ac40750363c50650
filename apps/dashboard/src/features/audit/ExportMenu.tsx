import { Button, Menu } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { saveFile } from "../../lib/save-file.ts";
import { useGate } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { type AuditFilter, type ExportFormat, exportFormats, exportPath } from "./audit-filter.ts";

/** All events that match the filters, as a file that the server streams. */
export function ExportMenu({ filter }: { filter: AuditFilter }) {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const gate = useGate();
  const [sizeBytes, setSizeBytes] = useState<number | null>(null);
  const offBecause = gate("audit.list") ?? (sizeBytes === null ? undefined : t("audit.export.running"));

  const run = (kind: ExportFormat): void => {
    setSizeBytes(0);
    saveFile(exportPath(filter, kind), { fileName: `audit.${kind}`, onBytes: setSizeBytes })
      .then(
        (size) => toast({ tone: "ok", title: t("audit.export.done", { size: format.bytes(size) }) }),
        (error: unknown) => toast({ tone: "bad", title: t("audit.export.failed"), detail: toAppError(error).message }),
      )
      .finally(() => setSizeBytes(null));
  };
  const icon = <Download size={14} />;
  if (offBecause !== undefined) {
    return (
      <ActionButton leftSection={icon} disabledReason={offBecause}>
        {sizeBytes === null ? t("audit.export") : t("audit.export.read", { size: format.bytes(sizeBytes) })}
      </ActionButton>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={icon}>{t("audit.export")}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("audit.export.what")}</Menu.Label>
        {exportFormats.map((kind) => (
          <Menu.Item key={kind} onClick={() => run(kind)}>
            {t(`audit.export.${kind}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
