import { Checkbox } from "@mantine/core";
import type { MouseEvent } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { DataTableProps } from "./DataTable.tsx";
import classes from "./DataTable.module.css";

interface TableRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly table: DataTableProps<Row>;
  readonly isNarrow: boolean;
  readonly isActive: boolean;
  onFocus(): void;
  onToggle(isRange: boolean): void;
}

export function TableRow<Row>(props: TableRowProps<Row>) {
  const { row, table, isNarrow, isActive } = props;
  const t = useT();
  const id = table.rowId(row);
  const isSelected = table.selection?.has(id) ?? false;
  const canOpen = table.onPeek !== undefined || table.onOpen !== undefined;

  const onClick = (event: MouseEvent<HTMLTableRowElement>): void => {
    // A click on a control in the row is the control's; a click that ends a text selection is no click.
    if (event.target instanceof Element && event.target.closest("a, button, input, label, [role=menu]")) return;
    if (window.getSelection()?.isCollapsed === false) return;
    (table.onPeek ?? table.onOpen)?.(row);
  };

  return (
    <tr
      data-index={props.index}
      data-row-id={id}
      data-open={table.openId === id || undefined}
      data-selected={isSelected || undefined}
      data-clickable={canOpen || undefined}
      tabIndex={isActive ? 0 : -1}
      aria-rowindex={props.index + 1}
      onFocus={props.onFocus}
      onClick={onClick}
    >
      {table.selection ? (
        <td className={classes.checkCell}>
          <Checkbox
            aria-label={t("table.selectRow", { name: table.rowName(row) })}
            checked={isSelected}
            onChange={(event) => props.onToggle((event.nativeEvent as PointerEvent).shiftKey === true)}
          />
        </td>
      ) : null}
      {isNarrow ? <NarrowCells {...props} /> : <Cells {...props} />}
    </tr>
  );
}

function Cells<Row>({ row, table }: TableRowProps<Row>) {
  return (
    <>
      {table.columns.map((column) => (
        <td key={column.id} data-align={column.align} data-look={column.look}>
          {column.cell(row)}
        </td>
      ))}
      {table.rowActions ? (
        <td className={classes.actionsCell}>
          <div className={classes.rowActions}>{table.rowActions(row)}</div>
        </td>
      ) : null}
    </>
  );
}

function NarrowCells<Row>({ row, table }: TableRowProps<Row>) {
  const narrow = table.narrow(row);
  return (
    <>
      <td className={classes.narrowMain}>
        <div className={classes.narrowTitle}>{narrow.title}</div>
        {narrow.meta ? <div className={classes.narrowMeta}>{narrow.meta}</div> : null}
      </td>
      <td className={classes.narrowEnd}>{narrow.end}</td>
      {table.rowActions ? <td className={classes.narrowActions}>{table.rowActions(row)}</td> : null}
    </>
  );
}
