/** Answers as text: tables, JSON or YAML. Cells may have colours (terminal.ts). */
import { stringify } from "yaml";
import { flag } from "./flags.ts";
import { textWidth } from "./text-width.ts";

export type OutputFormat = "table" | "json" | "yaml";

export interface OutputFlags {
  readonly output: OutputFormat;
}

export const outputFlag = () =>
  flag("-o, --output <format>", "SERIN_OUTPUT", "form of the answer", {
    fallback: "table",
    choices: ["table", "json", "yaml"],
  });

/** `table` makes the text for people. */
export function formatted(format: OutputFormat, value: unknown, table: () => string): string {
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  if (format === "yaml") return stringify(value, { lineWidth: 100, aliasDuplicateObjects: false });
  return table();
}

// Texts of others have no control characters, so that each is the beginning of a colour of ours.
export const colouring = /(\p{Cc}\[\d+m)/u;

/** How many columns it takes. */
export const shownLength = (text: string): number =>
  text.split(colouring).reduce((sum, part, at) => sum + (at % 2 === 0 ? textWidth(part) : 0), 0);

/** Columns as wide as their widest cell, two spaces apart; the last one is not padded. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, shownLength(cell));
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - shownLength(cell))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** Proxies and stores may say anything; a terminal must not obey it, nor turn the rest of a line around. */
export const plainText = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, " ");

/** `850ms`, `12s`, `5m`, `3h`, `2d`. */
export function ageText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
