/** Numbers and times as people of a language write them. */

export type Language = "en" | "zh";

export interface Formats {
  /** Of a ratio 0 to 1: `4.2 %`; null: a dash. */
  ratio(value: number | null): string;
  /** Of a number 0 to 100. */
  percent(value: number): string;
  rate(perSecond: number): string;
  ms(value: number | null): string;
  count(value: number): string;
  /** `22:40:05` */
  time(atMs: number): string;
  /** `22:40` */
  minute(atMs: number): string;
  /** With the date, to the second. */
  moment(iso: string): string;
  /** `4 s`, `3 min`, `2 h` */
  age(ms: number): string;
}

export const dash = "–";

const locales = { en: "en-GB", zh: "zh-CN" } as const;

/** `zone`: of the browser where it is left out. */
export function formatsOf(language: Language, zone?: string): Formats {
  const locale = locales[language];
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
  const date = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { hour12: false, ...options, ...(zone && { timeZone: zone }) });
  const whole = number({ maximumFractionDigits: 0 });
  const fine = number({ maximumFractionDigits: 1 });
  const finest = number({ maximumFractionDigits: 2 });
  const seconds = date({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const minutes = date({ hour: "2-digit", minute: "2-digit" });
  const moments = date({ dateStyle: "medium", timeStyle: "medium" });
  const units = (["second", "minute", "hour", "day"] as const).map((unit) =>
    number({ style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 0 }),
  );
  const percent = (value: number): string => `${(value < 10 ? finest : fine).format(value)} %`;
  return {
    percent,
    ratio: (value) => (value === null ? dash : percent(value * 100)),
    rate: (value) => (value >= 100 ? whole : fine).format(value),
    ms: (value) => (value === null ? dash : `${(value >= 10 ? whole : fine).format(value)} ms`),
    count: (value) => whole.format(value),
    time: (atMs) => seconds.format(atMs),
    minute: (atMs) => minutes.format(atMs),
    moment: (iso) => moments.format(new Date(iso)),
    age: (ms) => ageText(ms, units),
  };
}

const unitMs = [1_000, 60_000, 3_600_000, 86_400_000] as const;

function ageText(ms: number, units: readonly Intl.NumberFormat[]): string {
  const largest = unitMs.findLastIndex((unit) => ms >= unit);
  const index = Math.max(0, largest);
  return units[index]?.format(Math.floor(ms / (unitMs[index] ?? 1_000))) ?? "";
}
