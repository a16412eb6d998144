import { describe, expect, it } from "vitest";
import { type CalendarDay, type Cron, fallsOn, parseCron } from "../../../src/lib/cron.ts";

function cron(text: string): Cron {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** Days of 2026, written `month-day`, that a schedule falls on. */
function daysOf(text: string): readonly string[] {
  const schedule = cron(text);
  const days: string[] = [];
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 86_400_000) {
    const date = new Date(at);
    const day: CalendarDay = {
      day: date.getUTCDate(),
      month: date.getUTCMonth() + 1,
      weekday: date.getUTCDay(),
    };
    if (fallsOn(schedule, day)) days.push(`${day.month}-${day.day}`);
  }
  return days;
}

describe("minutes and hours of a cron schedule", () => {
  it.each([
    ["0 18 * * *", [1_080]],
    ["5,10 0 * * *", [5, 10]],
    ["58-59 1,3 * * *", [118, 119, 238, 239]],
    ["*/30 2 * * *", [120, 150]],
    ["10/20 0 * * *", [10, 30, 50]],
    ["10-40/20 0 * * *", [10, 30]],
    ["30,30,0 0 * * *", [0, 30]],
    ["  0   0 *  *\t* ", [0]],
    ["? 0 ? * ?", Array.from({ length: 60 }, (_, minute) => minute)],
  ])("%s", (text, expected) => {
    expect(cron(text).minutesOfDay).toEqual(expected);
  });

  it("are all minutes for stars", () => {
    expect(cron("* * * * *").minutesOfDay).toEqual(Array.from({ length: 1_440 }, (_, n) => n));
  });
});

describe("days of a cron schedule", () => {
  const mondaysInMay = ["5-4", "5-11", "5-18", "5-25"];
  it.each([
    ["0 0 1 * *", Array.from({ length: 12 }, (_, month) => `${month + 1}-1`)],
    ["0 0 31 4,5 *", ["5-31"]],
    ["0 0 * MAY mon", mondaysInMay],
    ["0 0 * 5 1", mondaysInMay],
    ["0 0 */1 5 1", mondaysInMay],
    ["0 0 24-26 dec *", ["12-24", "12-25", "12-26"]],
    // Both kinds of day are confined, so either counts.
    ["0 0 25 5 Fri", ["5-1", "5-8", "5-15", "5-22", "5-25", "5-29"]],
    ["0 0 1-3/2 2 */6", ["2-1", "2-3", "2-7", "2-8", "2-14", "2-15", "2-21", "2-22", "2-28"]],
  ])("%s", (text, expected) => {
    expect(daysOf(text)).toEqual(expected);
  });

  it("know Sunday by three names", () => {
    const sundays = daysOf("0 0 * * SUN");
    expect(sundays).toHaveLength(52);
    expect(daysOf("0 0 * * 0")).toEqual(sundays);
    expect(daysOf("0 0 * * 7")).toEqual(sundays);
    expect(daysOf("0 0 * * 5-7")).toEqual(daysOf("0 0 * * 5,6,0"));
  });
});

describe("a cron schedule that is wrong", () => {
  const five = "expected five fields: minute, hour, day of the month, month and day of the week";
  const forms = (called: string, range: string, named = "") =>
    `expected for the ${called} "*", numbers from ${range}${named}, ranges such as 1-5, or steps such as */2`;
  const minute = forms("minute", "0 to 59");
  const month = forms("month", "1 to 12", " or names such as feb");
  const weekday = forms("day of the week", "0 to 7", " or names such as mon");
  it.each([
    ["", five],
    ["* * * *", five],
    ["0 * * * * *", five],
    ["@daily", five],
    ["60 * * * *", minute],
    ["-1 * * * *", minute],
    ["1.5 * * * *", minute],
    ["*/0 * * * *", minute],
    ["5-1 * * * *", minute],
    ["1, * * * *", minute],
    ["1-2-3 * * * *", minute],
    ["mon * * * *", minute],
    ["* 24 * * *", forms("hour", "0 to 23")],
    ["* * 0 * *", forms("day of the month", "1 to 31")],
    ["* * L * *", forms("day of the month", "1 to 31")],
    ["* * * 13 *", month],
    ["* * * mon *", month],
    ["* * * * 8", weekday],
    ["* * * * sat-sun", weekday],
    ["* * * * 1#2", weekday],
    ["0 0 31 2,4 *", "expected a day that one of the months has"],
    ["0 0 30 2 *", "expected a day that one of the months has"],
  ])("%j: %s", (text, error) => {
    expect(parseCron(text)).toEqual({ ok: false, error });
  });

  it("is none where the weekday counts as well, or the day is one of some year", () => {
    expect(parseCron("0 0 31 2 mon").ok).toBe(true);
    expect(parseCron("0 0 29 2 *").ok).toBe(true);
  });
});
