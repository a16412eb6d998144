/** The values of a plot as a table: one row a half minute, made only while it is open. */
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Table } from "../parts/table.tsx";
import type { Series } from "./geometry.ts";

export interface PlotTableProps {
  readonly title: string;
  readonly series: readonly Series[];
  format(value: number | null): string;
}

const every = 6;

export function PlotTable({ title, series, format }: PlotTableProps) {
  const { text, formats } = useApp();
  const [isOpen, setOpen] = useState(false);
  const times = (series[0]?.samples ?? []).map(({ atMs }) => atMs).toReversed();
  const shown = times.filter((_, index) => index % every === 0);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-control="plot-table">
        {text.plots.table}
        <span class="unseen">: {title}</span>
      </summary>
      {isOpen && (
        <Table
          caption={title}
          head={[text.plots.time, ...series.map(({ name }) => name)]}
          numeric={series.map((_, index) => index + 1)}
        >
          {shown.map((atMs) => (
            <tr key={atMs}>
              <th scope="row">{formats.time(atMs)}</th>
              {series.map(({ name, samples }) => (
                <td key={name} class="number">
                  {format(samples.find((sample) => sample.atMs === atMs)?.value ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}
