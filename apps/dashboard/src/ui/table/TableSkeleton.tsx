import { useLasting } from "../../lib/clock.ts";
import classes from "./DataTable.module.css";

const ROWS = 12;

/** As many bars as columns, in rows of the real height; drawn only when the answer takes longer than 150 ms. */
export function TableSkeleton({ columns, rowHeight }: { columns: number; rowHeight: number }) {
  const isShown = useLasting(true);
  return Array.from({ length: ROWS }, (_, row) => (
    <tr key={row} aria-hidden style={{ height: rowHeight }}>
      {Array.from({ length: columns }, (_, column) => (
        <td key={column}>
          {isShown ? (
            <span className={classes.bone} style={{ width: `${40 + ((row * 7 + column * 23) % 45)}%` }} />
          ) : null}
        </td>
      ))}
    </tr>
  ));
}
