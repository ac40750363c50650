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

/** Finds things by what was typed: a job id, an e-mail, a key prefix. */
export interface CommandFinder {
  readonly id: string;
  find(query: string, signal: AbortSignal): Promise<readonly Command[]>;
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

interface Registries {
  readonly commands: Registry<readonly Command[]>;
  readonly finders: Registry<CommandFinder>;
}
const CommandContext = createContext<Registries | null>(null);

export function CommandProvider({ children }: { children: ReactNode }) {
  const registries = useMemo<Registries>(() => ({ commands: createRegistry(), finders: createRegistry() }), []);
  return <CommandContext value={registries}>{children}</CommandContext>;
}

function useRegistries(): Registries {
  const registries = useContext(CommandContext);
  if (!registries) throw new Error("Commands need a CommandProvider above them.");
  return registries;
}

/** Offers commands in the palette while the component is mounted. Keep the list stable with `useMemo`. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useRegistries().commands;
  useEffect(() => registry.add(commands), [registry, commands]);
}

/** Lets the palette look things up while the component is mounted. Keep the finder stable with `useMemo`. */
export function useCommandFinder(finder: CommandFinder): void {
  const registry = useRegistries().finders;
  useEffect(() => registry.add(finder), [registry, finder]);
}

export function useOfferedCommands(): { commands: readonly Command[]; finders: readonly CommandFinder[] } {
  const { commands, finders } = useRegistries();
  const offered = useSyncExternalStore(commands.subscribe, commands.list);
  return {
    commands: useMemo(() => offered.flat(), [offered]),
    finders: useSyncExternalStore(finders.subscribe, finders.list),
  };
}
