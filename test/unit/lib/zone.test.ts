import { describe, expect, it } from "vitest";
import { isZone, zoneOffset } from "../../../src/lib/zone.ts";

const hourMs = 3_600_000;

describe("time zones", () => {
  it.each(["UTC", "Europe/Berlin", "Asia/Shanghai", "America/Argentina/Ushuaia", "Etc/GMT+5"])(
    "%s is one",
    (zone) => {
      expect(isZone(zone)).toBe(true);
    },
  );

  it.each(["", "Europe/Berln", "+08:00", "Berlin", "a b", "Z".repeat(65), "UTC\n", "../UTC"])(
    "%j is none",
    (zone) => {
      expect(isZone(zone)).toBe(false);
    },
  );

  it.each([
    ["UTC", "2026-06-01T00:00:00Z", 0],
    ["Europe/Berlin", "2026-03-29T00:59:59Z", 1],
    ["Europe/Berlin", "2026-03-29T01:00:00Z", 2],
    ["Europe/Berlin", "2026-10-25T01:00:00Z", 1],
    ["Asia/Shanghai", "2026-06-01T23:00:00Z", 8],
    ["Asia/Kolkata", "2026-12-31T23:00:00Z", 5.5],
    ["Australia/Lord_Howe", "2026-01-01T00:00:00Z", 11],
    ["Australia/Lord_Howe", "2026-07-01T00:00:00Z", 10.5],
    ["America/St_Johns", "2026-01-01T00:00:00Z", -3.5],
    ["Pacific/Kiritimati", "2026-01-01T12:00:00Z", 14],
  ])("%s is at %s ahead by %d h", (zone, at, hours) => {
    expect(zoneOffset(zone)(Date.parse(at))).toBe(hours * hourMs);
    expect(zoneOffset(zone)(Date.parse(at) + 999)).toBe(hours * hourMs);
  });
});
