import { Checkbox } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Column, Sort } from "./column.ts";
import type { DataTableProps } from "./DataTable.tsx";
import classes from "./DataTable.module.css";

export function TableHead<Row>(props: DataTableProps<Row>) {
  const { columns, rows = [], selection, rowId, sort, onSort } = props;
  const t = useT();
  const selected = selection ? rows.filter((row) => selection.has(rowId(row))).length : 0;
  return (
    <>
      <colgroup>
        {selection ? <col style={{ width: 40 }} /> : null}
        {columns.map((column) => (
          <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
        ))}
        {props.rowActions ? <col style={{ width: 0 }} /> : null}
      </colgroup>
      <thead>
        <tr>
          {selection ? (
            <th className={classes.checkCell}>
              <Checkbox
                aria-label={t("table.selectAll")}
                checked={rows.length > 0 && selected === rows.length}
                indeterminate={selected > 0 && selected < rows.length}
                onChange={(event) =>
                  props.onSelectionChange?.(new Set(event.currentTarget.checked ? rows.map(rowId) : []))
                }
              />
            </th>
          ) : null}
          {columns.map((column) => (
            <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
          {props.rowActions ? (
            <th className={classes.actionsHead}>
              <span className="visually-hidden">{t("ui.moreActions")}</span>
            </th>
          ) : null}
        </tr>
      </thead>
    </>
  );
}

function HeadCell<Row>(props: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const { column, sort, onSort } = props;
  const direction = sort?.columnId === column.id ? sort.direction : undefined;
  const ariaSort = direction && (direction === "asc" ? "ascending" : "descending");
  return (
    <th scope="col" data-align={column.align} aria-sort={ariaSort}>
      {column.isSortable && onSort ? (
        <button
          type="button"
          className={classes.sort}
          data-active={direction !== undefined || undefined}
          onClick={() => onSort({ columnId: column.id, direction: direction === "desc" ? "asc" : "desc" })}
        >
          {column.header}
          {direction === "desc" ? <ArrowDown size={12} aria-hidden /> : null}
          {direction === "asc" ? <ArrowUp size={12} aria-hidden /> : null}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}
