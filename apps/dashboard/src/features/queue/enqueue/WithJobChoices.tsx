import type { ReactNode } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import { type Outputs, trpc } from "../../../lib/trpc.ts";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";

export type Definition = Outputs["queue"]["definitions"]["items"][number];

interface WithJobChoicesProps {
  /** Of the dialog while there is nothing to choose from. */
  readonly title: string;
  readonly chosen: string | undefined;
  onClose(): void;
  children(definitions: readonly Definition[], first: Definition): ReactNode;
}

/** A dialog that begins with the choice of a job. Jobs that only the server's code stores are none, but for the one that is chosen. */
export function WithJobChoices({ title, chosen, onClose, children }: WithJobChoicesProps) {
  const t = useT();
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const items = definitions.data?.items.filter(({ name, isInternal }) => !isInternal || name === chosen);
  const first = items?.find(({ name }) => name === chosen) ?? items?.[0];
  if (items && first) return children(items, first);
  return (
    <Dialog title={title} onClose={onClose}>
      <AsyncView query={definitions}>
        {() => <EmptyState kind="never" title={t("queue.enqueue.none")} body={t("queue.enqueue.noneBody")} />}
      </AsyncView>
    </Dialog>
  );
}
