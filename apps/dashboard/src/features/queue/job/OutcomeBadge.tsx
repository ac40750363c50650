import { type Status, StatusBadge } from "../../../ui/StatusBadge.tsx";
import type { Attempt } from "../job.ts";

const statuses = {
  running: "running",
  completed: "done",
  failed: "failed",
  cancelled: "cancelled",
  lost: "lost",
} as const satisfies Record<Attempt["outcome"], Status>;

export function OutcomeBadge({ outcome }: { outcome: Attempt["outcome"] }) {
  return <StatusBadge status={statuses[outcome]} />;
}
