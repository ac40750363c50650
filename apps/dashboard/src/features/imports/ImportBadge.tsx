import { useT } from "../../lib/i18n/i18n.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { type ImportSummary, needsColumns, stateLooks } from "./import.ts";

export function ImportBadge({ item, soft = false }: { item: ImportSummary; soft?: boolean }) {
  const t = useT();
  if (needsColumns(item)) {
    return (
      <StatusBadge status="paused" soft={soft}>
        {t("imports.state.needsColumns")}
      </StatusBadge>
    );
  }
  return (
    <StatusBadge status={stateLooks[item.state]} soft={soft}>
      {t(`imports.state.${item.state}`)}
    </StatusBadge>
  );
}
