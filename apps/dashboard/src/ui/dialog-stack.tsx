import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useId,
  useLayoutEffect,
  useMemo,
  useState,
} from "react";

interface Stack {
  readonly topId: string | undefined;
  /** Answers how to take it off again. */
  add(id: string): () => void;
}

const StackContext = createContext<Stack | null>(null);

/** Knows which of the dialogs that lie over each other came last. */
export function DialogStack({ children }: { children: ReactNode }) {
  const [ids, setIds] = useState<readonly string[]>([]);
  const add = useCallback((id: string) => {
    setIds((all) => [...all, id]);
    return () => setIds((all) => all.filter((each) => each !== id));
  }, []);
  const topId = ids.at(-1);
  return <StackContext value={useMemo(() => ({ topId, add }), [topId, add])}>{children}</StackContext>;
}

/** For an open dialog: whether it is the last one. The others are out of sight and reach, and Escape is not theirs. */
export function useIsTopDialog(): boolean {
  const stack = useContext(StackContext);
  if (!stack) throw new Error("A dialog needs a DialogStack above it.");
  const { add, topId } = stack;
  const id = useId();
  // In the layout phase: one that takes the place of another hears Escape from its first frame on.
  useLayoutEffect(() => add(id), [add, id]);
  // Before the effect has run there is none yet: a dialog that opens alone is not hidden for its first frame.
  return topId === undefined || topId === id;
}
