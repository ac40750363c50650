import type { LucideIcon } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";

/** A line of the command palette. */
export interface Command {
  readonly id: string;
  readonly title: string;
  /** Muted, after the title: what it is about. */
  readonly context?: string | undefined;
  readonly icon: LucideIcon;
  readonly keys?: string | undefined;
  readonly group: "here" | "goTo" | "actions" | "found";
  /** Other words it is found by. */
  readonly words?: string;
  readonly disabledReason?: string | undefined;
  run(): void;
}

interface Registry<Item> {
  add(item: Item): () => void;
  list(): readonly Item[];
  subscribe(listener: () => void): () => void;
}

function createRegistry<Item>(): Registry<Item> {
  let items: readonly Item[] = [];
  const listeners = new Set<() => void>();
  const replace = (next: readonly Item[]): void => {
    items = next;
    for (const listener of listeners) listener();
  };
  return {
    add: (item) => {
      replace([...items, item]);
      return () => replace(items.filter((other) => other !== item));
    },
    list: () => items,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const CommandContext = createContext<Registry<readonly Command[]> | null>(null);

export function CommandProvider({ children }: { children: ReactNode }) {
  const registry = useMemo(() => createRegistry<readonly Command[]>(), []);
  return <CommandContext value={registry}>{children}</CommandContext>;
}

function useRegistry(): Registry<readonly Command[]> {
  const registry = useContext(CommandContext);
  if (!registry) throw new Error("Commands need a CommandProvider above them.");
  return registry;
}

/** Offers commands in the palette while the component is mounted. Keep the list stable with `useMemo`. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useRegistry();
  useEffect(() => registry.add(commands), [registry, commands]);
}

export function useOfferedCommands(): readonly Command[] {
  const registry = useRegistry();
  const offered = useSyncExternalStore(registry.subscribe, registry.list);
  return useMemo(() => offered.flat(), [offered]);
}
