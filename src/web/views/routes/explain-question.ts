/** A question about a request as the query of `GET /v1/explain`. */

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

export function explainPath({ host, path, method, headers }: ExplainQuestion): string {
  const query = new URLSearchParams({
    target: host.trim(),
    path: path.startsWith("/") ? path : `/${path}`,
    method,
  });
  for (const line of linesOf(headers)) query.append("header", line);
  return `/v1/explain?${query}`;
}
