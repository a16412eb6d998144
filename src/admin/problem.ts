/** Errors of the admin API as problem details. https://www.rfc-editor.org/rfc/rfc9457 */
import { type DiagnosticJson, type ProblemCode, problemMediaType } from "../api/problem.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { revisionNumber } from "./revision.ts";

export interface Problem {
  readonly status: number;
  readonly code: ProblemCode;
  /** One sentence for people: what is wrong, and what to do. */
  readonly detail: string;
  /** Further members of the answer. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export const problem = (
  status: number,
  code: ProblemCode,
  detail: string,
  members: Readonly<Record<string, unknown>> = {},
): Response => problemResponse({ status, code, detail, members });

export function problemResponse({ status, code, detail, members }: Problem): Response {
  const type = `urn:serin:problem:${code}`;
  const body = { type, title: code.replaceAll("-", " "), status, detail, ...members };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { "content-type": problemMediaType },
  });
}

/** Diagnostics as the API shows them. */
export const diagnosticsJson = (diagnostics: readonly Diagnostic[]): readonly DiagnosticJson[] =>
  diagnostics.map((each) => ({ ...each, revision: revisionNumber(each.revision) }));
