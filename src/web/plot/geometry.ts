/** Where the lines of a plot go: points of time and value to paths of SVG, and the marks of both axes. */

export interface Sample {
  readonly atMs: number;
  /** null: not known, and the line has a gap there. */
  readonly value: number | null;
}

export interface Series {
  readonly name: string;
  readonly samples: readonly Sample[];
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Plotted {
  readonly lines: readonly {
    readonly name: string;
    readonly path: string;
    readonly end: Spot | null;
  }[];
  readonly valueMarks: readonly { readonly value: number; readonly y: number }[];
  readonly timeMarks: readonly { readonly atMs: number; readonly x: number }[];
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

export function plotted(series: readonly Series[], frame: Frame, least: number): Plotted {
  const values = series.flatMap(({ samples }) => samples.flatMap(({ value }) => value ?? []));
  const marks = valueMarks(Math.max(least, ...values));
  const top = marks.at(-1) ?? 1;
  const x = (atMs: number): number => xOf(atMs, frame);
  const y = (value: number): number =>
    round(frame.top + (1 - value / top) * (frame.height - frame.top - frame.bottom));
  return {
    lines: series.map(({ name, samples }) => lineOf(name, samples, x, y)),
    valueMarks: marks.map((value) => ({ value, y: y(value) })),
    timeMarks: timeMarks(frame).map((atMs) => ({ atMs, x: x(atMs) })),
  };
}

function lineOf(
  name: string,
  samples: readonly Sample[],
  x: (atMs: number) => number,
  y: (value: number) => number,
): Plotted["lines"][number] {
  let path = "";
  let isOpen = false;
  let end: Spot | null = null;
  for (const { atMs, value } of samples) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    end = { x: x(atMs), y: y(value) };
    path += `${isOpen ? "L" : "M"}${end.x} ${end.y}`;
    isOpen = true;
  }
  return { name, path, end };
}

export const xOf = (atMs: number, { fromMs, toMs, left, right, width }: Frame): number =>
  round(left + ((atMs - fromMs) / (toMs - fromMs)) * (width - left - right));

/** The time of the sample that is nearest to a place on the plot; undefined: there is none. */
export function nearestAt(times: readonly number[], x: number, frame: Frame): number | undefined {
  let best: number | undefined;
  for (const atMs of times) {
    const isNearer =
      best === undefined || Math.abs(xOf(atMs, frame) - x) < Math.abs(xOf(best, frame) - x);
    if (isNearer) best = atMs;
  }
  return best;
}

/** From 0 to a round number that is not below `most`, in two steps or three. */
export function valueMarks(most: number): readonly number[] {
  const step = 10 ** Math.floor(Math.log10(most));
  const found = [1, 2, 3, 4, 5, 6, 8, 10].find((times) => times * step >= most * 0.999_999) ?? 10;
  const top = found * step;
  return [0, top / 2, top];
}

const minuteMs = 60_000;

/** A minute while that makes no more than a handful of marks, and then five. */
const timeMarks = ({ fromMs, toMs }: Frame): readonly number[] => {
  const every = toMs - fromMs > 6 * minuteMs ? 5 * minuteMs : minuteMs;
  const first = Math.ceil(fromMs / every) * every;
  const count = Math.floor((toMs - first) / every) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * every);
};

const leastSpanMs = 3 * minuteMs;
const mostSpanMs = 15 * minuteMs;

/** From the first point on, to the last: 15 minutes at the most, and 3 where they are young. */
export function spanOf(times: readonly number[], nowMs: number): Pick<Frame, "fromMs" | "toMs"> {
  const toMs = times.at(-1) ?? nowMs;
  const wanted = Math.min(times[0] ?? toMs, toMs - leastSpanMs);
  return { fromMs: Math.max(wanted, toMs - mostSpanMs), toMs };
}

const round = (value: number): number => Math.round(value * 10) / 10;
