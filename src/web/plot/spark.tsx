/** A plot without axes, as wide as a word, for lists. The numbers stand beside it. */
import { colourOf } from "../version-colour.ts";
import { plotted, type Series } from "./geometry.ts";

const width = 120;
const height = 28;

export function Spark({
  series,
  least,
}: {
  readonly series: readonly Series[];
  readonly least: number;
}) {
  const times = series.flatMap(({ samples }) => samples.map(({ atMs }) => atMs));
  const margins = { left: 1, right: 1, top: 2, bottom: 2 };
  const span = { fromMs: Math.min(...times), toMs: Math.max(...times) };
  const { lines } = plotted(series, { width, height, ...margins, ...span }, least);
  const names = series.map(({ name }) => name);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {lines.map(({ name, path }) => (
        <g key={name} class={`line v${colourOf(name, names)}`}>
          <path d={path} />
        </g>
      ))}
    </svg>
  );
}
