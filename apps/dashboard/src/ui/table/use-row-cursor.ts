import { type RefObject, useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import type { DataTableProps } from "./DataTable.tsx";

interface CursorInput<Row> extends Omit<DataTableProps<Row>, "rows"> {
  readonly rows: readonly Row[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  scrollTo(index: number): void;
}

export interface RowCursor {
  readonly activeIndex: number;
  setActiveIndex(index: number): void;
  /** Selects or clears a row; with `isRange` all from the last one toggled. */
  toggle(index: number, isRange: boolean): void;
}

/** The row that the keyboard is on: j and k move, x selects, Space looks into it, Enter opens it. */
export function useRowCursor<Row>(input: CursorInput<Row>): RowCursor {
  const { rows, rowId, selection, onSelectionChange, onPeek, onOpen, openId } = input;
  const t = useT();
  const [index, setIndex] = useState(0);
  const anchor = useRef(0);
  const activeIndex = Math.min(index, Math.max(0, rows.length - 1));

  const focus = (next: number): void => {
    input.scrollTo(next);
    setIndex(next);
    // A row that was just windowed in is drawn in the next frame.
    requestAnimationFrame(() => {
      const row = input.scroller.current?.querySelector<HTMLElement>(`tr[data-index="${next}"]`);
      row?.focus({ preventScroll: false });
    });
  };
  const move = (step: number): void => {
    if (rows.length === 0) return;
    const isInside = input.scroller.current?.contains(document.activeElement) ?? false;
    const opened = openId === undefined ? -1 : rows.findIndex((row) => rowId(row) === openId);
    const from = opened >= 0 ? opened : isInside ? activeIndex : step > 0 ? -1 : rows.length;
    const next = Math.min(rows.length - 1, Math.max(0, from + step));
    focus(next);
    const row = rows[next];
    if (opened >= 0 && row !== undefined) onPeek?.(row);
  };
  const toggle = (at: number, isRange: boolean): void => {
    const row = rows[at];
    if (row === undefined || !selection) return;
    const isOn = !selection.has(rowId(row));
    const [from, to] = isRange ? [Math.min(anchor.current, at), Math.max(anchor.current, at)] : [at, at];
    const next = new Set(selection);
    for (const each of rows.slice(from, to + 1)) {
      if (isOn) next.add(rowId(each));
      else next.delete(rowId(each));
    }
    anchor.current = at;
    onSelectionChange?.(next);
  };
  const withRow = (act: ((row: Row) => void) | undefined) => (): void => {
    const row = rows[activeIndex];
    if (row !== undefined) act?.(row);
  };

  const isSelectable = selection !== undefined;
  useShortcut("j", t("keys.next"), () => move(1));
  useShortcut("k", t("keys.previous"), () => move(-1));
  useShortcut("x", t("keys.select"), () => toggle(activeIndex, false), { active: isSelectable });
  useShortcut("Shift+x", t("keys.select"), () => toggle(activeIndex, true), { active: isSelectable });
  useShortcut("Space", t("keys.peek"), withRow(onPeek), { active: onPeek !== undefined });
  useShortcut("Enter", t("keys.openRow"), withRow(onOpen), { active: onOpen !== undefined });
  return { activeIndex, setActiveIndex: setIndex, toggle };
}
