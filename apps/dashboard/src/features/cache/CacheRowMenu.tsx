import { ActionIcon, Menu } from "@mantine/core";
import { List, MoreHorizontal, Trash2 } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type CacheRow, nameOf } from "./cache-rows.ts";

interface CacheRowMenuProps {
  readonly row: CacheRow;
  readonly deleteOff: string | undefined;
  readonly invalidateOff: string | undefined;
  onDelete(key: string): void;
  onList(prefix: string): void;
  onInvalidate(prefix: string): void;
}

export function CacheRowMenu(props: CacheRowMenuProps) {
  const { row } = props;
  const t = useT();
  if (row.kind !== "namespace" && row.kind !== "key") return null;
  const prefix = row.kind === "namespace" && row.namespace.name !== "" ? `${row.namespace.name}:` : undefined;
  if (row.kind === "namespace" && prefix === undefined) return null;
  const offBecause = row.kind === "key" ? props.deleteOff : props.invalidateOff;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="xs" aria-label={t("table.rowMenu", { name: nameOf(row) })}>
          <MoreHorizontal size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {prefix === undefined ? null : (
          <Menu.Item leftSection={<List size={14} />} onClick={() => props.onList(prefix)}>
            {t("cache.listKeys")}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<Trash2 size={14} />}
          {...(offBecause === undefined ? { c: "var(--bad)" } : {})}
          disabled={offBecause !== undefined}
          title={offBecause}
          onClick={() => (row.kind === "key" ? props.onDelete(row.entry.key) : props.onInvalidate(prefix ?? ""))}
        >
          {t(row.kind === "key" ? "cache.delete" : "cache.invalidate.open")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
