/** Flags of commands that may send traces of changes to a collector. */
import { InvalidArgumentError, type Option } from "commander";
import type { TracesConfig } from "../config/config.ts";
import { webUrl } from "../observe/provider-http.ts";
import { flag } from "./flags.ts";

export interface TraceFlags {
  readonly traces?: URL;
  readonly tracesSample: number;
}

export const traceFlags = (): readonly Option[] => [
  flag(
    "--traces <url>",
    "SERIN_TRACES",
    "where a trace of each change is sent, by OTLP over HTTP: http://127.0.0.1:4318/v1/traces",
    { parse: collectorUrl },
  ),
  flag("--traces-sample <share>", "SERIN_TRACES_SAMPLE", "share of the changes that are traced", {
    fallback: "1",
    parse: share,
  }),
];

export const tracesConfig = ({ traces, tracesSample }: TraceFlags): TracesConfig | undefined =>
  traces && { url: traces, share: tracesSample };

function collectorUrl(text: string): URL {
  const url = webUrl(text);
  if (url === undefined) throw new InvalidArgumentError("expected a URL of http or https.");
  return url;
}

function share(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("expected a number from 0 to 1.");
}
