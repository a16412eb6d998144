/**
 * Whether a release may go forward at a time: not while a `deny` window is open, and where there are
 * `allow` windows, only in one of them. So Argo CD has it for its syncs.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/
 */
import { assert } from "../lib/assert.ts";
import { type Cron, fallsOn, parseCron } from "../lib/cron.ts";
import { zoneOffset } from "../lib/zone.ts";
import type { RolloutWindow } from "./rollout.ts";

export interface Openness {
  readonly open: boolean;
  /** Wall clock, ms, when it is the other way; undefined: not as far as is looked. */
  readonly untilMs: number | undefined;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Days that are looked ahead: a freeze at the end of the year is told of all the year. */
const horizonDays = 400;
/** Times that single windows open or close on the way: they may be minutes long, and change nothing. */
const mostTurns = 10_000;

export function isOpen(windows: readonly RolloutWindow[], wallMs: number): Openness {
  const tracks = windows.map((window) => new Track(window, wallMs));
  const open = isOpenNow(tracks);
  const horizonMs = wallMs + horizonDays * dayMs;
  for (let turn = 0; turn < mostTurns; turn++) {
    const next = Math.min(...tracks.map((track) => track.turnsAt()));
    if (next >= horizonMs) break;
    for (const track of tracks) track.goTo(next);
    if (isOpenNow(tracks) !== open) return { open, untilMs: next };
  }
  return { open, untilMs: undefined };
}

function isOpenNow(tracks: readonly Track[]): boolean {
  const active = tracks.filter((track) => track.isActive());
  if (active.some(({ kind }) => kind === "deny")) return false;
  return active.length > 0 || tracks.every(({ kind }) => kind === "deny");
}

/** From its start to just before its end, both wall clock, ms. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** One window, and a time that moves on over it. */
class Track {
  readonly kind: RolloutWindow["kind"];
  readonly #spans: Iterator<Span, undefined>;
  #span: Span | undefined;
  #atMs: number;

  constructor(window: RolloutWindow, atMs: number) {
    this.kind = window.kind;
    this.#spans = spansOf(window, atMs);
    this.#span = this.#spans.next().value;
    this.#atMs = atMs;
  }

  isActive(): boolean {
    return this.#span !== undefined && this.#span.startMs <= this.#atMs;
  }

  /** When it opens or closes next. */
  turnsAt(): number {
    if (this.#span === undefined) return Number.POSITIVE_INFINITY;
    return this.isActive() ? this.#span.endMs : this.#span.startMs;
  }

  goTo(atMs: number): void {
    this.#atMs = atMs;
    while (this.#span !== undefined && this.#span.endMs <= atMs) {
      this.#span = this.#spans.next().value;
    }
  }
}

/** When the window is open, from the first span that ends after `fromMs` on; none touches the next. */
function* spansOf(
  { schedule, durationMs, timeZone }: RolloutWindow,
  fromMs: number,
): Generator<Span, undefined> {
  const parsed = parseCron(schedule);
  assert(parsed.ok, "the schema has checked the schedule");
  const cron = parsed.value;
  const startsOn = startsOf(cron, durationMs, zoneOffset(timeZone));
  // Local days, written as if they were of UTC, from which they are no more than one away.
  const first = Math.floor((fromMs - durationMs) / dayMs) * dayMs - dayMs;
  const last = fromMs + (horizonDays + 1) * dayMs;
  let span: Span | undefined;
  for (let day = first; day <= last; day += dayMs) {
    if (!isDayOf(cron, day)) continue;
    for (const [firstMs, lastMs] of startsOn(day)) {
      const endMs = lastMs + durationMs;
      if (span !== undefined && firstMs <= span.endMs) {
        span = { startMs: span.startMs, endMs: Math.max(span.endMs, endMs) };
        continue;
      }
      if (span !== undefined && span.endMs > fromMs) yield span;
      span = { startMs: firstMs, endMs };
    }
  }
  if (span !== undefined && span.endMs > fromMs) yield span;
  return undefined;
}

function isDayOf(cron: Cron, day: number): boolean {
  const date = new Date(day);
  return fallsOn(cron, {
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
  });
}

/** First and last of starts that leave no gap between them. */
type Starts = readonly [firstMs: number, lastMs: number];

type Offset = (utcMs: number) => number;

/** For a schedule: its starts on a local day of the zone, given as the day's midnight in UTC. */
function startsOf(
  { minutesOfDay }: Cron,
  durationMs: number,
  offsetAt: Offset,
): (day: number) => readonly Starts[] {
  const runs = runsOf(minutesOfDay, durationMs);
  return (day) => {
    // Whatever the zone, the local day lies between these two.
    const [fromMs, toMs] = [day - dayMs, day + 2 * dayMs];
    const [before, after] = [offsetAt(fromMs), offsetAt(toMs)];
    if (before === after) {
      return runs.map(([first, last]) => [day + first - before, day + last - before]);
    }
    const change = { before, after, changeMs: changeOf(offsetAt, fromMs, toMs) };
    return minutesOfDay
      .flatMap((minute) => instants(day + minute * minuteMs, change))
      .sort((a, b) => a - b)
      .map((start) => [start, start]);
  };
}

/** The minute at which clocks are changed, which they are once between the two. */
function changeOf(offsetAt: Offset, fromMs: number, toMs: number): number {
  const before = offsetAt(fromMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > minuteMs) {
    const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Starts of a day whose clocks are not changed, in ms since midnight. */
function runsOf(minutes: readonly number[], durationMs: number): readonly Starts[] {
  const runs: Starts[] = [];
  for (const minute of minutes) {
    const start = minute * minuteMs;
    const [first, last] = runs.at(-1) ?? [];
    if (first !== undefined && last !== undefined && start - last <= durationMs) {
      runs[runs.length - 1] = [first, start];
    } else runs.push([start, start]);
  }
  return runs;
}

interface ClockChange {
  readonly before: number;
  readonly after: number;
  readonly changeMs: number;
}

/**
 * When a local time is: twice where clocks go back over it. One that they skip counts as if they had
 * not, since a freeze must not be left out for it.
 */
function instants(local: number, { before, after, changeMs }: ClockChange): readonly number[] {
  const early = local - before;
  const late = local - after;
  if (early < changeMs && late >= changeMs) return [early, late];
  return late >= changeMs && early >= changeMs ? [late] : [early];
}
