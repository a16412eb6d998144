/**
 * Cron schedules of five fields: minute, hour, day of the month, month, day of the week. They are read as
 * Argo CD reads those of its sync windows: lists, ranges, steps and names, and where both kinds of day are
 * confined, either may match. https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
import { err, ok, type Result } from "./result.ts";

export interface Cron {
  /** Minutes of a day at which it starts, rising. At least one. */
  readonly minutesOfDay: readonly number[];
  /** 1 to 31. */
  readonly days: Confined;
  /** 1 to 12. */
  readonly months: Confined;
  /** 0 to 6; 0 is Sunday. */
  readonly weekdays: Confined;
}

/** A field that begins with `*` confines nothing, which matters for days. */
interface Confined {
  readonly values: ReadonlySet<number>;
  readonly isAny: boolean;
}

interface Field {
  readonly called: string;
  readonly least: number;
  readonly most: number;
  /** In their order, from `least` on. */
  readonly names: readonly string[];
}

const minute: Field = { called: "minute", least: 0, most: 59, names: [] };
const hour: Field = { called: "hour", least: 0, most: 23, names: [] };
const dayOfMonth: Field = { called: "day of the month", least: 1, most: 31, names: [] };
const month: Field = {
  called: "month",
  least: 1,
  most: 12,
  names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" "),
};
/** 7 is Sunday as well, as crontab(5) has it. */
const dayOfWeek: Field = {
  called: "day of the week",
  least: 0,
  most: 7,
  names: "sun mon tue wed thu fri sat".split(" "),
};

const fiveFields =
  "expected five fields: minute, hour, day of the month, month and day of the week";

/** Fails with a reason that what was written completes. */
export function parseCron(text: string): Result<Cron, string> {
  const [first = "", second = "", third = "", fourth = "", fifth, ...more] = text
    .trim()
    .split(/\s+/);
  if (fifth === undefined || more.length > 0) return err(fiveFields);
  const minutes = readField(minute, first);
  if (!minutes.ok) return minutes;
  const hours = readField(hour, second);
  if (!hours.ok) return hours;
  const days = readField(dayOfMonth, third);
  if (!days.ok) return days;
  const months = readField(month, fourth);
  if (!months.ok) return months;
  const weekdays = readField(dayOfWeek, fifth);
  if (!weekdays.ok) return weekdays;
  const cron: Cron = {
    minutesOfDay: sorted(hours.value.values).flatMap((h) =>
      sorted(minutes.value.values).map((m) => h * 60 + m),
    ),
    days: days.value,
    months: months.value,
    weekdays: {
      values: new Set([...weekdays.value.values].map((day) => day % 7)),
      isAny: weekdays.value.isAny,
    },
  };
  return hasSomeDay(cron) ? ok(cron) : err("expected a day that one of the months has");
}

export interface CalendarDay {
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

export function fallsOn(cron: Cron, { day, month: ofYear, weekday }: CalendarDay): boolean {
  const { days, months, weekdays } = cron;
  if (!months.values.has(ofYear)) return false;
  const byDay = days.values.has(day);
  const byWeekday = weekdays.values.has(weekday);
  return days.isAny || weekdays.isAny ? byDay && byWeekday : byDay || byWeekday;
}

const sorted = (values: ReadonlySet<number>): readonly number[] =>
  [...values].sort((a, b) => a - b);

function readField(field: Field, text: string): Result<Confined, string> {
  const values = new Set<number>();
  let isAny = false;
  for (const term of text.split(",")) {
    const read = readTerm(field, term);
    if (read === undefined) return err(expectation(field));
    isAny ||= read.isAny;
    for (let value = read.from; value <= read.to; value += read.step) values.add(value);
  }
  return ok({ values, isAny });
}

function expectation({ called, least, most, names }: Field): string {
  const [first, second] = names;
  const named = first === undefined ? "" : ` or names such as ${second}`;
  return `expected for the ${called} "*", numbers from ${least} to ${most}${named}, ranges such as 1-5, or steps such as */2`;
}

interface Term {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly isAny: boolean;
}

const termPattern = /^(?:[*?]|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/([0-9]{1,4}))?$/i;

// `5`, `1-5`, `*`, each with a step behind a slash; `3/15` is every fifteenth from 3 on.
function readTerm(field: Field, text: string): Term | undefined {
  const found = termPattern.exec(text);
  if (found === null) return undefined;
  const [, first, last, every] = found;
  const step = every === undefined ? 1 : Number(every);
  if (step === 0) return undefined;
  // Seven weekdays, though there are eight numbers for them.
  const highest = field === dayOfWeek ? 6 : field.most;
  if (first === undefined) return { from: field.least, to: highest, step, isAny: step === 1 };
  const from = numberOf(field, first);
  const open = every === undefined ? from : Math.max(from ?? 0, highest);
  const to = last === undefined ? open : numberOf(field, last);
  if (from === undefined || to === undefined || to < from) return undefined;
  return { from, to, step, isAny: false };
}

function numberOf({ least, most, names }: Field, text: string): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return least + named;
  const value = /^[0-9]{1,2}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : undefined;
}

/** The longest that each month may be. */
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function hasSomeDay({ days, months, weekdays }: Cron): boolean {
  if (!weekdays.isAny && !days.isAny) return true;
  const longest = Math.max(...[...months.values].map((each) => monthDays[each - 1] ?? 0));
  return [...days.values].some((day) => day <= longest);
}
