/** Pieces of the sentences that a release says of itself. */
import { limits } from "../../config/limits.ts";

/** `1h30m`, `10m`, `90s` is `1m30s`; less than a second in `ms`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.round(ms / 1_000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 3_600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join("");
}

/** Milliseconds that a Date can hold, on both sides of 1970. */
export const lastTimeMs = 8.64e15;

/** To the second, in UTC. */
export const timeText = (ms: number): string =>
  Math.abs(ms) <= lastTimeMs
    ? new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")
    : "a time without a date";

/** The first names in their order, and how many more there are. */
export function namesText(names: readonly string[]): string {
  const most = limits.rollout.listedNames;
  const listed = names.slice(0, most).join(", ");
  return names.length <= most ? listed : `${listed} and ${names.length - most} more`;
}

/** One line of whole characters, and no longer than a status may have it. */
export function clipped(sentence: string): string {
  const line = sentence
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "")
    .trim();
  const most = limits.rollout.messageChars;
  const short = line.length <= most ? line : `${line.slice(0, most - 1)}…`;
  // Half of a surrogate pair, which no value in the store may hold.
  return short.replace(/\p{Cs}/gu, "�");
}
