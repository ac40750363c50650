import { readFileSync, writeFileSync } from "node:fs";
import type { Bench, Report, Table } from "./bench.ts";

const readme = new URL("README.md", import.meta.url);

export function toMarkdown(bench: Bench, machine: readonly string[], rounds: number, report: Report): string {
  const facts = [
    ...machine,
    ...(report.facts ?? []),
    `Load: ${report.load}`,
    `Rounds: ${rounds}, interleaved; figures are medians`,
  ];
  return [
    bench.proves,
    "",
    toTable(report),
    "",
    ...(report.more ?? []).flatMap((table) => [table.title, "", toTable(table), ""]),
    ...facts.map((fact) => `- ${fact}`),
    ...(report.notes.length > 0 ? ["", report.notes.join(" ")] : []),
  ].join("\n");
}

/** As the formatter would write it: the first column to the left, figures to the right. */
function toTable({ columns, rows }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(3, column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, index) => (index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [toLine(columns), toLine(rule), ...rows.map(toLine)].join("\n");
}

/** Replaces what stands between the benchmark's markers. Raises an Error when they are not there. */
export function writeReport(name: string, markdown: string): void {
  const text = readFileSync(readme, "utf8");
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`bench/README.md has no place for it: write ${begin} and ${end}.`);
  writeFileSync(readme, `${text.slice(0, from + begin.length)}\n\n${markdown}\n\n${text.slice(to)}`);
}
