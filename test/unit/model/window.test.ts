import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fallsOn, parseCron } from "../../../src/lib/cron.ts";
import { zoneOffset } from "../../../src/lib/zone.ts";
import type { RolloutWindow } from "../../../src/model/rollout.ts";
import { isOpen } from "../../../src/model/window.ts";
import { seed } from "../../support/seed.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

function window(
  kind: RolloutWindow["kind"],
  schedule: string,
  durationMs: number,
  timeZone = "UTC",
): RolloutWindow {
  return { kind, schedule, durationMs, timeZone };
}

/** `open` or `closed`, and until when. */
function at(time: string, ...windows: readonly RolloutWindow[]): string {
  const { open, untilMs } = isOpen(windows, Date.parse(time));
  const end = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return `${open ? "open" : "closed"}${end}`;
}

describe("windows", () => {
  it("are always open where there are none", () => {
    expect(at("2026-12-01T00:00:00Z")).toBe("open");
  });

  it("of the kind deny close, from the minute they start to the one they end", () => {
    const weekend = window("deny", "0 18 * * FRI", 62 * hourMs, "Asia/Shanghai");
    expect(at("2026-12-03T00:00:00Z", weekend)).toBe("open until 2026-12-04T10:00:00.000Z");
    expect(at("2026-12-04T09:59:59.999Z", weekend)).toBe("open until 2026-12-04T10:00:00.000Z");
    expect(at("2026-12-04T10:00:00Z", weekend)).toBe("closed until 2026-12-07T00:00:00.000Z");
    expect(at("2026-12-06T23:59:59.999Z", weekend)).toBe("closed until 2026-12-07T00:00:00.000Z");
    expect(at("2026-12-07T00:00:00Z", weekend)).toBe("open until 2026-12-11T10:00:00.000Z");
  });

  it("of the kind allow open, and close all the rest", () => {
    const hours = window("allow", "0 9 * * MON-FRI", 8 * hourMs);
    expect(at("2026-12-04T08:00:00Z", hours)).toBe("closed until 2026-12-04T09:00:00.000Z");
    expect(at("2026-12-04T10:00:00Z", hours)).toBe("open until 2026-12-04T17:00:00.000Z");
    expect(at("2026-12-05T10:00:00Z", hours)).toBe("closed until 2026-12-07T09:00:00.000Z");
  });

  it("of the kind deny win, and any allow is enough", () => {
    const morning = window("allow", "0 9 * * *", 3 * hourMs);
    const noon = window("allow", "0 11 * * *", 3 * hourMs);
    const lunch = window("deny", "30 11 * * *", hourMs);
    const all = [morning, noon, lunch];
    expect(at("2026-12-04T09:30:00Z", ...all)).toBe("open until 2026-12-04T11:30:00.000Z");
    expect(at("2026-12-04T11:45:00Z", ...all)).toBe("closed until 2026-12-04T12:30:00.000Z");
    expect(at("2026-12-04T12:30:00Z", ...all)).toBe("open until 2026-12-04T14:00:00.000Z");
    expect(at("2026-12-04T14:00:00Z", ...all)).toBe("closed until 2026-12-05T09:00:00.000Z");
  });

  it("that touch or overlap are one", () => {
    const always = window("deny", "0 * * * *", hourMs);
    expect(at("2026-12-04T14:30:00Z", always)).toBe("closed");
    const twice = [window("deny", "0 1 * * *", hourMs), window("deny", "0 2 * * *", hourMs)];
    expect(at("2026-12-04T01:30:00Z", ...twice)).toBe("closed until 2026-12-04T03:00:00.000Z");
    const longer = window("deny", "0 0 * * *", 30 * hourMs);
    expect(at("2026-12-04T14:30:00Z", longer)).toBe("closed");
  });

  it("leave the minute between them open", () => {
    const nine = window("deny", "*/10 * * * *", 9 * minuteMs);
    expect(at("2026-12-04T00:08:00Z", nine)).toBe("closed until 2026-12-04T00:09:00.000Z");
    expect(at("2026-12-04T00:09:00Z", nine)).toBe("open until 2026-12-04T00:10:00.000Z");
    expect(at("2026-12-04T23:59:00Z", nine)).toBe("open until 2026-12-05T00:00:00.000Z");
  });

  it("are seen a year ahead, and no further", () => {
    const holidays = window("deny", "0 0 24 12 *", 10 * 24 * hourMs, "Europe/Berlin");
    expect(at("2026-01-10T00:00:00Z", holidays)).toBe("open until 2026-12-23T23:00:00.000Z");
    expect(at("2026-12-30T00:00:00Z", holidays)).toBe("closed until 2027-01-02T23:00:00.000Z");
    const leapDay = window("allow", "0 0 29 2 *", hourMs);
    expect(at("2025-01-10T00:00:00Z", leapDay)).toBe("closed");
    expect(at("2027-06-10T00:00:00Z", leapDay)).toBe("closed until 2028-02-29T00:00:00.000Z");
  });

  it("end the search where single windows turn too often without an effect", () => {
    const busy = window("allow", "*/2 * * * *", minuteMs);
    const shut = window("deny", "* * * * *", minuteMs);
    expect(at("2026-12-04T00:00:30Z", busy, shut)).toBe("closed");
  });
});

describe("windows where clocks are changed", () => {
  const nightly = window("deny", "30 2 * * *", 15 * minuteMs, "Europe/Berlin");

  it("start later by what the clocks skip", () => {
    // 02:30 is not there on 2026-03-29: what would have been it is 03:30, that is 01:30 of UTC.
    expect(at("2026-03-29T00:00:00Z", nightly)).toBe("open until 2026-03-29T01:30:00.000Z");
    expect(at("2026-03-29T01:31:00Z", nightly)).toBe("closed until 2026-03-29T01:45:00.000Z");
    expect(at("2026-03-29T01:45:00Z", nightly)).toBe("open until 2026-03-30T00:30:00.000Z");
  });

  it("start twice at a time that is there twice", () => {
    expect(at("2026-10-25T00:00:00Z", nightly)).toBe("open until 2026-10-25T00:30:00.000Z");
    expect(at("2026-10-25T00:45:00Z", nightly)).toBe("open until 2026-10-25T01:30:00.000Z");
    expect(at("2026-10-25T01:45:00Z", nightly)).toBe("open until 2026-10-26T01:30:00.000Z");
  });

  it("have no hole", () => {
    const always = window("deny", "* * * * *", minuteMs, "America/New_York");
    expect(at("2026-11-01T00:00:00Z", always)).toBe("closed");
    expect(at("2026-11-01T06:30:00Z", always)).toBe("closed");
  });
});

/** Clocks are changed at a full or half hour, and asking each minute takes long. */
function offsets(timeZone: string): (utcMs: number) => number {
  const exact = zoneOffset(timeZone);
  const known = new Map<number, number>();
  return (utcMs) => {
    const half = Math.floor(utcMs / (30 * minuteMs));
    const offset = known.get(half) ?? exact(half * 30 * minuteMs);
    known.set(half, offset);
    return offset;
  };
}

/** For each minute whether the window is active, found as a clock on the wall would tell. */
function walk(
  { schedule, timeZone, durationMs }: RolloutWindow,
  fromMs: number,
  toMs: number,
): readonly boolean[] {
  const parsed = parseCron(schedule);
  if (!parsed.ok) throw new Error(parsed.error);
  const cron = parsed.value;
  const minutes = new Set(cron.minutesOfDay);
  const isStart = (localMs: number): boolean => {
    const date = new Date(localMs);
    const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
    const [day, month, weekday] = [date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay()];
    return minutes.has(minute) && fallsOn(cron, { day, month, weekday });
  };
  const offsetAt = offsets(timeZone);
  const active: boolean[] = [];
  let before = offsetAt(fromMs);
  let old = before;
  let skippedUntil = Number.NEGATIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  for (let ms = fromMs; ms < toMs; ms += minuteMs) {
    const offset = offsetAt(ms);
    if (offset > before) [skippedUntil, old] = [ms + offset - before, before];
    before = offset;
    // The clock shows this time, or would if it had not been put forward a while ago.
    const starts = isStart(ms + offset) || (ms < skippedUntil && isStart(ms + old));
    if (starts) endMs = ms + durationMs;
    active.push(ms < endMs);
  }
  return active;
}

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
const field = (least: number, most: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 3, arbitrary: fc.integer({ min: least, max: most }).map(String) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`) },
  );
const anyWindow = fc
  .tuple(
    fc.constantFrom<RolloutWindow["kind"]>("allow", "deny"),
    fc.tuple(field(0, 59), field(0, 5), field(1, 28), fc.constant("*"), field(0, 6)),
    fc.integer({ min: 1, max: 50 * 60 }),
    fc.constantFrom(...zones),
  )
  .map(([kind, fields, minutes, zone]) => window(kind, fields.join(" "), minutes * minuteMs, zone));

/** Midnights of UTC around which clocks are changed somewhere, and others. */
const anyDay = fc.constantFrom(
  ...["2026-03-08", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"],
  ...["2027-03-14", "2027-03-27", "2026-06-10", "2026-12-31"],
);

describe("windows, compared with a walk over all minutes", () => {
  it(`are open when it says so, and turn when it turns (FC_SEED=${seed})`, () => {
    const property = fc.property(
      fc.array(anyWindow, { minLength: 1, maxLength: 3 }),
      anyDay,
      fc.integer({ min: 0, max: 36 * 60 - 1 }),
      (windows, day, minutes) => {
        const nowMs = Date.parse(`${day}T00:00:00Z`) + minutes * minuteMs;
        const [fromMs, toMs] = [nowMs - 51 * hourMs, nowMs + 30 * hourMs];
        const walks = windows.map((each) => ({
          kind: each.kind,
          active: walk(each, fromMs, toMs),
        }));
        const walked = (ms: number): boolean => {
          const active = walks.filter((each) => each.active[(ms - fromMs) / minuteMs]);
          if (active.some(({ kind }) => kind === "deny")) return false;
          return active.length > 0 || walks.every(({ kind }) => kind === "deny");
        };
        const { open, untilMs } = isOpen(windows, nowMs);
        expect(open).toBe(walked(nowMs));
        let turn: number | undefined;
        for (let ms = nowMs; ms < toMs && turn === undefined; ms += minuteMs) {
          if (walked(ms) !== open) turn = ms;
        }
        if (turn === undefined) expect(untilMs ?? toMs).toBeGreaterThanOrEqual(toMs);
        else expect(untilMs).toBe(turn);
      },
    );
    fc.assert(property, { seed, numRuns: 80 });
  });

  it("does not take long, however far it looks", () => {
    const always = window("deny", "* * * * *", minuteMs, "Europe/Berlin");
    const startedMs = performance.now();
    expect(isOpen([always, always], Date.UTC(2026, 0, 1)).open).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

const weekMs = 7 * dayMs;

describe("what isOpen says", () => {
  it(`holds until it says it ends (FC_SEED=${seed})`, () => {
    const property = fc.property(
      fc.array(anyWindow, { maxLength: 3 }),
      anyDay,
      fc.integer({ min: 1, max: weekMs }),
      (windows, day, later) => {
        const nowMs = Date.parse(`${day}T00:00:00Z`) + later;
        const { open, untilMs } = isOpen(windows, nowMs);
        if (untilMs === undefined) return;
        expect(untilMs).toBeGreaterThan(nowMs);
        expect(isOpen(windows, untilMs).open).toBe(!open);
        expect(isOpen(windows, untilMs - 1)).toEqual({ open, untilMs });
        const between = nowMs + Math.floor((untilMs - nowMs) / 2);
        expect(isOpen(windows, between)).toEqual({ open, untilMs });
      },
    );
    fc.assert(property, { seed, numRuns: 80 });
  });
});
