import { useVirtualizer } from "@tanstack/react-virtual";
import type { RefObject } from "react";

/** Below this all rows are in the document: the browser's own find then sees them, and it costs nothing. */
const WINDOW_FROM_ROWS = 100;
const OVERSCAN_ROWS = 8;

export interface RowsWindow {
  /** Indexes of the rows to draw. */
  readonly indexes: readonly number[];
  /** Pixels of rows that are not drawn, before and after. */
  readonly before: number;
  readonly after: number;
  scrollTo(index: number): void;
}

export function useRowsWindow(
  scroller: RefObject<HTMLDivElement | null>,
  count: number,
  rowHeight: number,
): RowsWindow {
  const isWindowed = count > WINDOW_FROM_ROWS;
  const virtualizer = useVirtualizer({
    count: isWindowed ? count : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
  });
  if (!isWindowed) {
    return {
      indexes: Array.from({ length: count }, (_, index) => index),
      before: 0,
      after: 0,
      scrollTo: () => undefined,
    };
  }
  const items = virtualizer.getVirtualItems();
  return {
    indexes: items.map((item) => item.index),
    before: items[0]?.start ?? 0,
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  };
}
