import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { type ChartData, figuresOf, type Series } from "./series.ts";
import classes from "./TimeChart.module.css";

interface LegendTableProps {
  readonly data: ChartData;
  readonly cursorIndex: number | null;
  readonly lastColumn: "avg" | "window";
  formatValue(value: number): string;
}

export function LegendTable({ data, cursorIndex, lastColumn, formatValue }: LegendTableProps) {
  const t = useT();
  const format = useFormat();
  const at = cursorIndex === null ? undefined : data.times[cursorIndex];
  const show = (value: number | null | undefined): string =>
    value === null || value === undefined ? "—" : formatValue(value);
  return (
    <table className={classes.legend}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t("chart.series")}</span>
          </th>
          {at === undefined ? (
            <td />
          ) : (
            <th scope="col" className={classes.strong}>
              {format.time(at)}
            </th>
          )}
          <th scope="col">{t("chart.now")}</th>
          <th scope="col">{t("chart.min")}</th>
          <th scope="col">{t("chart.max")}</th>
          <th scope="col">{t(lastColumn === "avg" ? "chart.avg" : "chart.window")}</th>
        </tr>
      </thead>
      <tbody>
        {data.series.map((series) => {
          const figures = figuresOf(series.values);
          return (
            <tr key={series.id}>
              <th scope="row">
                <Swatch series={series} />
                {series.label}
              </th>
              <td className={classes.strong}>{cursorIndex === null ? "" : show(series.values[cursorIndex])}</td>
              <td className={classes.strong}>{show(figures.now)}</td>
              <td>{show(figures.min)}</td>
              <td>{show(figures.max)}</td>
              <td>{show(lastColumn === "avg" ? figures.avg : series.windowValue)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Swatch({ series }: { series: Pick<Series, "color" | "isDashed"> }) {
  return (
    <svg width="14" height="8" aria-hidden className={classes.swatch}>
      <path
        d="M0 4h14"
        strokeWidth={1.5}
        style={{ stroke: `var(--series-${series.color})` }}
        {...(series.isDashed ? { strokeDasharray: "4 2" } : {})}
      />
    </svg>
  );
}
