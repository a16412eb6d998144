/** An alert as it waits in the store, `status/alerts/<id>`, and the text that people get of it. */
import { limits } from "../../config/limits.ts";
import type { Alert } from "../../model/alert.ts";

/** What is told, to whom. Written in the act that it tells of, and deleted once it was delivered. */
export interface PendingAlert extends Alert {
  /** The same alert has the same id, so that a receiver can leave out what it has. */
  readonly id: string;
  readonly service: string;
  /** Wall clock. */
  readonly atMs: number;
  /** One line. */
  readonly title: string;
  /** What happened and why, for people. */
  readonly text: string;
}

/** What an act has to tell. */
export interface Told extends Pick<PendingAlert, "service" | "atMs" | "title" | "text"> {
  /** Of the act: alerts of two acts are never the same. */
  readonly operation: string;
}

/** One alert for each receiver; their writes are the `notes` of the act. */
export const alertsOf = (
  receivers: readonly Alert[],
  { operation, service, atMs, title, text }: Told,
): readonly PendingAlert[] =>
  receivers.map(({ severity, webhook }, index) => ({
    id: `${operation}-${index}`,
    service,
    atMs,
    title,
    text,
    severity,
    webhook,
  }));

const marks = { info: "INFO", warn: "WARNING", error: "ERROR" } as const;

/** Three lines; chat services refuse what is too long, so it is cut. */
export function alertText({ severity, service, title, text, id }: PendingAlert): string {
  const { textBytes } = limits.alerts;
  const head = cutBytes(`[${marks[severity]}] ${service}: ${title}`, textBytes / 2);
  const foot = `alert ${id}`;
  const room = textBytes - Buffer.byteLength(`${head}\n\n${foot}`);
  return [head, cutBytes(text, room), foot].filter((line) => line !== "").join("\n");
}

/** Never half a character. */
export function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const mark = "…";
  let kept = "";
  let size = Buffer.byteLength(mark);
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept === "" ? "" : kept + mark;
}
