/** The history of a service as a table: a row a change, with what it changed. */
import type { ChangeJson, HistoryJson, HistoryRowJson } from "../api/history.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { plainText, tableText } from "./table.ts";

export function historyText({ service, rows }: HistoryJson): string {
  if (rows.length === 0) return `no change of ${service} is recorded\n`;
  const head = ["ID", "REVISION", "WHEN", "BY", "WHY", "CHANGE"];
  return tableText([head, ...rows.flatMap(rowCells)]);
}

/** One line for each key; what they have in common stands in the first. */
function rowCells(row: HistoryRowJson): readonly (readonly string[])[] {
  const lead =
    row.kind === "gap"
      ? ["-", "-", "-", "unknown", "written past serin"]
      : [row.id, String(row.revision), row.at.slice(0, 19).concat("Z"), row.by, row.why];
  if (row.changes.length === 0) return [[...lead, "-"].map(plainText)];
  const rest = lead.map(() => "");
  return row.changes.map((change, index) =>
    [...(index === 0 ? lead : rest), changeText(change)].map(plainText),
  );
}

const changeText = ({ key, before, after }: ChangeJson): string =>
  `${key} ${valueText(before)} -> ${valueText(after)}`;

const shownChars = 120;

function valueText(value: ChangeJson["before"]): string {
  if (value === null) return "nothing";
  if (typeof value !== "string") return `${value.bytes} bytes (${value.sha256.slice(0, 8)})`;
  const text = compact(value);
  return text.length <= shownChars ? text : `${text.slice(0, shownChars - 1)}…`;
}

/** Weights as `weight set` takes them; other objects as they were written, on one line. */
function compact(text: string): string {
  const weights = objectIn(text);
  const pairs = Object.entries(weights ?? {});
  if (pairs.length > 0 && pairs.every(([, weight]) => typeof weight === "number")) {
    return pairs.map(([subset, weight]) => `${subset}=${String(weight)}`).join(" ");
  }
  return text.replaceAll(/\s+/g, " ").trim();
}

function objectIn(text: string): object | undefined {
  const value = parsedJson(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value : undefined;
}
