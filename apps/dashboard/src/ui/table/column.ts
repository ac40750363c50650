import type { ReactNode } from "react";

export interface Column<Row> {
  readonly id: string;
  readonly header: ReactNode;
  /** Pixels. Columns without a width share what is left. */
  readonly width?: number;
  /** Numbers go to the end, with figures of equal width. */
  readonly align?: "start" | "end";
  readonly look?: "mono" | "muted";
  /** The header sorts. */
  readonly isSortable?: boolean;
  cell(row: Row): ReactNode;
}

export interface Sort {
  readonly columnId: string;
  readonly direction: "asc" | "desc";
}

/** A row on a phone: two lines, a figure or badge at the end, one menu. */
export interface NarrowRow {
  readonly title: ReactNode;
  readonly meta?: ReactNode;
  readonly end?: ReactNode;
}
