import { Link } from "@tanstack/react-router";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { ChartData, Marker } from "./series.ts";
import classes from "./TimeChart.module.css";

interface SampleTableProps {
  readonly data: ChartData;
  readonly title: string;
  formatValue(value: number): string;
}

/** The chart's samples as figures, newest first. */
export function SampleTable({ data, title, formatValue }: SampleTableProps) {
  const t = useT();
  const format = useFormat();
  const indexes = data.times.map((_, index) => index).toReversed();
  const { markers = [], times } = data;
  const eventsAt = (index: number): readonly Marker[] =>
    markers.filter(({ atMs }) => atMs >= (times[index] ?? 0) && atMs < (times[index + 1] ?? Number.POSITIVE_INFINITY));
  return (
    <div className={classes.samples} tabIndex={0} role="region" aria-label={title}>
      <table className={classes.sampleTable}>
        <thead>
          <tr>
            <th scope="col">{t("chart.time")}</th>
            {data.series.map((series) => (
              <th key={series.id} scope="col">
                {series.label}
              </th>
            ))}
            {markers.length > 0 ? (
              <th scope="col" className={classes.events}>
                {t("chart.events")}
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {indexes.map((index) => (
            <tr key={data.times[index]}>
              <th scope="row">{format.time(data.times[index] ?? 0)}</th>
              {data.series.map((series) => {
                const value = series.values[index] ?? null;
                return <td key={series.id}>{value === null ? "—" : formatValue(value)}</td>;
              })}
              {markers.length > 0 ? (
                <td className={classes.events}>
                  {eventsAt(index).map(({ id, description, link }) => (
                    <div key={id}>{link ? <Link {...link}>{description}</Link> : description}</div>
                  ))}
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
