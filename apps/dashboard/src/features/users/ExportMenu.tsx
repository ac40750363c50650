import { Button, Menu } from "@mantine/core";
import { Download } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { type Export, exportFormats } from "./use-export.ts";
import classes from "./Users.module.css";

export function ExportMenu({ sizeBytes, start }: Export) {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const offBecause = gate("users.export");
  if (offBecause !== undefined || sizeBytes !== null) {
    return (
      <ActionButton leftSection={<Download size={14} />} disabledReason={offBecause ?? t("users.export.running")}>
        {sizeBytes === null ? (
          t("users.export")
        ) : (
          <span className={`num ${classes.exporting}`}>{format.bytes(sizeBytes)}</span>
        )}
      </ActionButton>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={<Download size={14} />}>{t("users.export")}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("users.export.what")}</Menu.Label>
        {exportFormats.map((kind) => (
          <Menu.Item key={kind} onClick={() => start(kind)}>
            {kind.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
