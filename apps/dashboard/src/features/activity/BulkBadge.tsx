import { useT } from "../../lib/i18n/i18n.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { bulkLooks, type BulkState } from "./bulk-state.ts";

export function BulkBadge({ state, soft = false }: { state: BulkState; soft?: boolean }) {
  const t = useT();
  return (
    <StatusBadge status={bulkLooks[state]} soft={soft}>
      {t(`activity.state.${state}`)}
    </StatusBadge>
  );
}
