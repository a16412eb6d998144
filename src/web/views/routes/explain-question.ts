/** A question about a request as the query of `GET /v1/explain`. */
import type { Sent } from "../../../api/calls.ts";

export interface ExplainQuestion {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** `Name: value`, one a line. */
  readonly headers: string;
}

const headerForm = /^[!#$%&'*+.^_`|~\w-]+:[ \t]*.*$/;

const linesOf = (headers: string): readonly string[] =>
  headers
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export const headersAreRight = ({ headers }: ExplainQuestion): boolean =>
  linesOf(headers).every((line) => headerForm.test(line));

export type ExplainQuery = Sent<"GET /v1/explain">["query"];

export const explainQuery = ({ host, path, method, headers }: ExplainQuestion): ExplainQuery => ({
  target: host.trim(),
  path: path.startsWith("/") ? path : `/${path}`,
  method,
  header: linesOf(headers),
});
