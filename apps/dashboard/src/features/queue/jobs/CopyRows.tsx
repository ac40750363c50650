import { Button, Menu } from "@mantine/core";
import { ChevronDown, Copy } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { saveAs } from "../../../lib/save-file.ts";
import { useCopy } from "../../../ui/CopyButton.tsx";
import type { Job } from "../job.ts";
import { toCsv, toJson } from "./jobs-text.ts";

interface CopyRowsProps {
  readonly rows: readonly Job[];
  readonly selection: ReadonlySet<string>;
}

/** The selected rows, or all that are loaded. */
export function CopyRows({ rows, selection }: CopyRowsProps) {
  const t = useT();
  const [copied, copy] = useCopy();
  const chosen = selection.size > 0 ? rows.filter(({ id }) => selection.has(id)) : rows;
  if (rows.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="subtle" leftSection={<Copy size={14} />} rightSection={<ChevronDown size={14} />}>
          {copied ? t("ui.copied") : t("ui.copy")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("queue.copyRows", { count: chosen.length })}</Menu.Label>
        <Menu.Item onClick={() => copy(toJson(chosen))}>{t("queue.copyRows.json")}</Menu.Item>
        <Menu.Item onClick={() => copy(toCsv(chosen))}>{t("queue.copyRows.csv")}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => saveAs("jobs.json", [toJson(chosen)], "application/json")}>
          {t("queue.copyRows.saveJson")}
        </Menu.Item>
        <Menu.Item onClick={() => saveAs("jobs.csv", [toCsv(chosen)], "text/csv")}>
          {t("queue.copyRows.saveCsv")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
