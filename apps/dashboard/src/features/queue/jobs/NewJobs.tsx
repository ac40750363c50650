import { Button } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";

/** Stands in for rows that came while the list is held still. */
export function NewJobs({ count, isFull, onShow }: { count: number; isFull: boolean; onShow(): void }) {
  const t = useT();
  if (count === 0) return null;
  return (
    <Button size="xs" c="var(--accent)" leftSection={<ArrowUp size={14} />} onClick={onShow}>
      <span className="num">{t(isFull ? "queue.newJobsMany" : "queue.newJobs", { count })}</span>
    </Button>
  );
}
