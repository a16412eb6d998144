/** The tables of a comparison: ratios to LinearCache in the same round, and figures as measured. */
import type { Run } from "./cell.ts";
import { figureOf, isCutOff, type Metric, metrics } from "./metrics.ts";
import { type ServerName, serverTitles } from "./servers.ts";
import { short, shortSpread, spreadOf } from "./statistics.ts";

/** All rounds of one server and size, or why there are none. */
export interface Column {
  readonly server: ServerName;
  readonly clusters: number;
  readonly streams: number;
  readonly rounds: readonly Run[];
  readonly skipped: string | undefined;
}

const base: ServerName = "linear";

export function comparisonTables(columns: readonly Column[]): readonly string[] {
  return [...ratioTable(columns), ...absoluteTable(columns), ...reasons(columns)];
}

function ratioTable(columns: readonly Column[]): readonly string[] {
  const against = (column: Column): Column | undefined =>
    columns.find(({ server, clusters }) => server === base && clusters === column.clusters);
  const compared = columns.filter((column) => {
    const other = against(column);
    return column.server !== base && column.rounds.length > 0 && (other?.rounds.length ?? 0) > 0;
  });
  if (compared.length === 0) return [];
  const rows = metrics.flatMap((metric) => {
    const cells = compared.map((column) => ratioCell(metric, column, against(column)));
    return cells.some((cell) => cell !== "") ? [[metric.title, ...cells]] : [];
  });
  return [
    `Ratios to ${serverTitles[base]} in the same round: median (least–most) [most allowed]`,
    "",
    ...markdown(["", ...compared.map(titleOf)], rows),
    "",
  ];
}

function ratioCell(metric: Metric, column: Column, other: Column | undefined): string {
  let cutOff = false;
  const ratios = column.rounds.flatMap((run, round) => {
    const [ours, theirs] = [figureOf(metric, run), figureOf(metric, other?.rounds[round])];
    cutOff ||= isCutOff(metric, other?.rounds[round], column.streams);
    return ours === undefined || theirs === undefined || theirs === 0 ? [] : [ours / theirs];
  });
  const spread = spreadOf(ratios);
  if (spread === undefined) return "";
  const text = `${cutOff ? "≤ " : ""}${shortSpread(spread)}`;
  const allowed = isOurs(column) ? metric.ratio?.[column.clusters] : undefined;
  return withBound(text, spread.median, allowed);
}

function absoluteTable(columns: readonly Column[]): readonly string[] {
  const measured = columns.filter(({ rounds }) => rounds.length > 0);
  const rows = metrics.flatMap((metric) => {
    const cells = measured.map((column) => absoluteCell(metric, column));
    const unit = metric.unit === "" ? "" : `, ${metric.unit}`;
    return cells.some((cell) => cell !== "") ? [[`${metric.title}${unit}`, ...cells]] : [];
  });
  return [
    "As measured: median (least–most) [most allowed]",
    "",
    ...markdown(["", ...measured.map(titleOf)], rows),
    "",
  ];
}

function absoluteCell(metric: Metric, column: Column): string {
  const { rounds, streams } = column;
  const spread = spreadOf(
    rounds.map((run) => figureOf(metric, run)).filter((v) => v !== undefined),
  );
  if (spread === undefined) return "";
  const cutOff = rounds.some((run) => isCutOff(metric, run, streams));
  const text = cutOff ? "some never got it" : shortSpread(spread);
  return withBound(
    text,
    spread.median,
    isOurs(column) ? metric.most?.[column.clusters] : undefined,
  );
}

function withBound(text: string, value: number, allowed: number | undefined): string {
  if (allowed === undefined) return text;
  return value <= allowed ? `${text} [${short(allowed)}]` : `**${text} [${short(allowed)}]**`;
}

const isOurs = ({ server }: Column): boolean => server.startsWith("serin");

const titleOf = ({ server, clusters }: Column): string =>
  `${serverTitles[server]}, ${short(clusters)}`;

const reasons = (columns: readonly Column[]): readonly string[] =>
  columns.flatMap((column) =>
    column.skipped === undefined
      ? []
      : [`- not run: ${titleOf(column)} clusters: ${column.skipped}`],
  );

/** A table with its columns under each other, so that it can be read in a terminal as well. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = head.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  return [
    line(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...rows.map(line),
  ];
}
