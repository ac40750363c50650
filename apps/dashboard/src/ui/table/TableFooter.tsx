import { Button } from "@mantine/core";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { DataTableProps } from "./DataTable.tsx";
import classes from "./DataTable.module.css";

export function TableFooter<Row>(props: DataTableProps<Row> & { readonly count: number }) {
  const { selection, count } = props;
  const t = useT();
  const selected = props.selectedCount ?? selection?.size ?? 0;
  return (
    <footer className={classes.foot}>
      {selected > 0 ? (
        <>
          <span className="num medium">{t("table.selected", { count: selected })}</span>
          {props.selectionNote}
          <Button size="xs" variant="subtle" onClick={() => props.onSelectionChange?.(new Set())}>
            {t("table.clearSelection")}
          </Button>
          <div className={classes.footEnd}>{props.bulkActions}</div>
        </>
      ) : (
        <>
          <span className="num">{props.hasMore ? t("table.loadedMore", { count }) : t("table.loaded", { count })}</span>
          {props.hasMore ? (
            <Button size="xs" loading={props.isLoadingMore ?? false} onClick={() => props.onLoadMore?.()}>
              {t("table.loadMore")}
            </Button>
          ) : null}
          <div className={classes.footEnd}>{props.footNote}</div>
        </>
      )}
    </footer>
  );
}
