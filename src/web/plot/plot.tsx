/** A small line plot, a line for each version, with its latest values above it and all of them as a table. */
import { useRef, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { VersionName } from "../parts/split-bar.tsx";
import { colourOf } from "../version-colour.ts";
import { type Frame, nearestAt, plotted, type Series, xOf } from "./geometry.ts";
import { PlotTable } from "./plot-table.tsx";
import { useWidth } from "./use-width.ts";

export interface PlotProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the axis: where all values are lower, it reaches to here all the same. */
  readonly least: number;
  /** Said in place of the plot where no value is known. */
  readonly nothing: string;
  format(value: number | null): string;
}

const height = 132;
const margins = { left: 44, right: 10, top: 10, bottom: 22 };

export function Plot({ title, series, fromMs, toMs, least, nothing, format }: PlotProps) {
  const { text, formats } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [at, setAt] = useState<number>();
  const frame: Frame = { width, height, ...margins, fromMs, toMs };
  const names = series.map(({ name }) => name);
  const times = series[0]?.samples.map(({ atMs }) => atMs) ?? [];
  const pointed = at !== undefined && times.includes(at) ? at : undefined;
  const valueAt = ({ samples }: Series): number | null =>
    (pointed === undefined ? samples.at(-1) : samples.find(({ atMs }) => atMs === pointed))
      ?.value ?? null;
  const isEmpty = series.every(({ samples }) => samples.every(({ value }) => value === null));
  const words = series.map((each) => `${each.name} ${format(valueAt(each))}`).join(", ");
  const point = (event: PointerEvent): void => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    setAt(nearestAt(times, event.clientX - left, frame));
  };
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="plot-latest">
          {pointed !== undefined && (
            <span class="quiet">{text.plots.at(formats.time(pointed))}</span>
          )}
          {series.map((each) => (
            <span key={each.name} class="plot-value">
              <VersionName version={each.name} among={names} /> <b>{format(valueAt(each))}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={box} class="plot-box" onPointerMove={point} onPointerLeave={() => setAt(undefined)}>
        {isEmpty ? (
          <p class="quiet plot-nothing">{nothing}</p>
        ) : (
          <Lines
            {...{ series, frame, least, format, pointed, names }}
            label={text.plots.summary(title, words)}
          />
        )}
      </div>
      {!isEmpty && <PlotTable title={title} series={series} format={format} />}
    </figure>
  );
}

interface LinesProps extends Pick<PlotProps, "series" | "least" | "format"> {
  readonly frame: Frame;
  readonly pointed: number | undefined;
  readonly names: readonly string[];
  readonly label: string;
}

function Lines({ series, frame, least, format, pointed, names, label }: LinesProps) {
  const { formats } = useApp();
  const { lines, valueMarks, timeMarks } = plotted(series, frame, least);
  const end = frame.width - frame.right;
  return (
    <svg width={frame.width} height={height} role="img" aria-label={label}>
      {valueMarks.map(({ value, y }) => (
        <g key={value}>
          <path class="grid" d={`M${frame.left} ${y}H${end}`} />
          <text class="mark" x={frame.left - 6} y={y + 4} text-anchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {timeMarks.map(({ atMs, x }) => (
        <text key={atMs} class="mark" x={x} y={height - 5} text-anchor="middle">
          {formats.minute(atMs)}
        </text>
      ))}
      {pointed !== undefined && (
        <path class="pointer" d={`M${xOf(pointed, frame)} ${frame.top}V${height - frame.bottom}`} />
      )}
      {lines.map(({ name, path, end: spot }) => (
        <g key={name} class={`line v${colourOf(name, names)}`}>
          <path d={path} />
          {spot !== null && <circle cx={spot.x} cy={spot.y} r="3" />}
        </g>
      ))}
    </svg>
  );
}
