/**
 * The process's log: one JSON object a line, or lines for people. Field names are those of the
 * objects logged; what may hold a secret is cut out here, in case a caller forgets.
 */
import pino, { type DestinationStream, type Logger } from "pino";
import { limits } from "../config/limits.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LoggerOptions {
  readonly level: LogLevel | "silent";
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Default: standard output, written in the background and flushed at exit. */
  readonly destination?: DestinationStream;
}

const secrets = ["password", "auth", "authorization", "token", "privateKey"].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? standardOutput();
  return pino(
    {
      level: options.level,
      base: { name: "serin" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secrets, censor: "[redacted]" },
    },
    options.pretty === true ? prettyOver(destination) : destination,
  );
}

const standardOutput = (): DestinationStream =>
  pino.destination({ dest: 1, sync: false, maxLength: limits.observe.logBufferBytes });

const headFields: ReadonlySet<string> = new Set(["level", "time", "name", "msg"]);

/** `12:00:00.000 info  push type=CDS streams=2`. */
function prettyOver(destination: DestinationStream): DestinationStream {
  return {
    write(line) {
      const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
      const { level, time, msg } = fields;
      const rest = Object.entries(fields)
        .filter(([name]) => !headFields.has(name))
        .map(([name, value]) => ` ${name}=${plain(value)}`);
      const at = String(time).slice(11, 23);
      destination.write(`${at} ${String(level).padEnd(5)} ${String(msg ?? "")}${rest.join("")}\n`);
    },
  };
}

const plain = (value: unknown): string =>
  typeof value === "string" && !/[\s="]/.test(value) ? value : JSON.stringify(value);
