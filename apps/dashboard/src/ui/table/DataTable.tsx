import { type ReactNode, useRef } from "react";
import { useIsNarrow, useRowHeight } from "../../lib/layout.ts";
import { ErrorState } from "../ErrorState.tsx";
import type { Column, NarrowRow, Sort } from "./column.ts";
import classes from "./DataTable.module.css";
import { TableFooter } from "./TableFooter.tsx";
import { TableHead } from "./TableHead.tsx";
import { TableRow } from "./TableRow.tsx";
import { TableSkeleton } from "./TableSkeleton.tsx";
import { useRowCursor } from "./use-row-cursor.ts";
import { useRowsWindow } from "./use-rows-window.ts";

export interface DataTableProps<Row> {
  /** Names the table for assistive technology. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** Undefined until the first answer. */
  readonly rows: readonly Row[] | undefined;
  rowId(row: Row): string;
  /** The row in words, for the labels of its checkbox and menu. */
  rowName(row: Row): string;
  /** Of the last try; shown only when there are no rows. */
  readonly error?: unknown;
  onRetry?(): void;
  /** Shown when the answer has no rows: an `EmptyState`. */
  readonly empty: ReactNode;
  /** While a changed filter is being answered the old rows stay, under a thin bar. */
  readonly isRefreshing?: boolean;

  readonly sort?: Sort | undefined;
  onSort?(sort: Sort): void;

  /** Ids; without it there are no checkboxes. */
  readonly selection?: ReadonlySet<string>;
  onSelectionChange?(selection: ReadonlySet<string>): void;
  /** Right in the foot while something is selected. */
  readonly bulkActions?: ReactNode;
  /** Instead of the number of ids, where more than the rows at hand are selected. */
  readonly selectedCount?: number | undefined;
  /** After "n selected": for example "Select all 292 matching". */
  readonly selectionNote?: ReactNode;

  /** The row whose peek is open. */
  readonly openId?: string | undefined;
  /** Space, and a click. */
  onPeek?(row: Row): void;
  /** Enter; also a click where there is no peek. */
  onOpen?(row: Row): void;
  /** Shown on hover and focus only; on a phone behind the row. */
  rowActions?(row: Row): ReactNode;
  /** The row on a phone. */
  narrow(row: Row): NarrowRow;

  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  onLoadMore?(): void;
  /** Left in the foot when nothing is selected, after the number of rows. */
  readonly footNote?: ReactNode;
  /** Takes the height that is left and scrolls inside; needs a `Page` with `fill`. */
  readonly fill?: boolean;
}

/** A dense list. Beyond a hundred rows only those in view are in the document. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowId } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow();
  const rowHeight = useRowHeight();
  const rowsWindow = useRowsWindow(scroller, rows?.length ?? 0, rowHeight);
  const cursor = useRowCursor({ ...props, rows: rows ?? [], scroller, scrollTo: rowsWindow.scrollTo });
  const columnCount = columns.length + (props.selection ? 1 : 0) + (props.rowActions ? 1 : 0);

  return (
    <div className={classes.table} data-fill={props.fill || undefined}>
      {props.isRefreshing ? <div className={classes.refreshing} aria-hidden /> : null}
      <div className={classes.scroller} ref={scroller}>
        <table
          className={classes.grid}
          aria-label={props.label}
          aria-rowcount={props.hasMore ? -1 : (rows?.length ?? -1)}
          data-narrow={isNarrow || undefined}
        >
          {isNarrow ? null : <TableHead {...props} />}
          <tbody>
            {rows === undefined && !props.error ? <TableSkeleton columns={columnCount} rowHeight={rowHeight} /> : null}
            {rowsWindow.before > 0 ? <Spacer height={rowsWindow.before} columns={columnCount} /> : null}
            {rowsWindow.indexes.map((index) => {
              const row = rows?.[index];
              return row === undefined ? null : (
                <TableRow
                  key={rowId(row)}
                  row={row}
                  index={index}
                  table={props}
                  isNarrow={isNarrow}
                  isActive={index === cursor.activeIndex}
                  onFocus={() => cursor.setActiveIndex(index)}
                  onToggle={(isRange) => cursor.toggle(index, isRange)}
                />
              );
            })}
            {rowsWindow.after > 0 ? <Spacer height={rowsWindow.after} columns={columnCount} /> : null}
          </tbody>
        </table>
        {rows === undefined && props.error ? <ErrorState error={props.error} onRetry={props.onRetry} /> : null}
        {rows?.length === 0 ? props.empty : null}
      </div>
      {rows && rows.length > 0 ? <TableFooter {...props} count={rows.length} /> : null}
    </div>
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden className={classes.spacer}>
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}
