/** Why a request failed, as the page shows it. */
import type { ApiFailure } from "../../api/client.ts";
import type { DiagnosticJson } from "../../api/problem.ts";

export interface Problem {
  /** 0: serin did not answer. */
  readonly status: number;
  /** The last word of the problem's type: `precondition-failed`. */
  readonly code: string;
  readonly detail: string;
  readonly diagnostics: readonly DiagnosticJson[];
  /** What else is told. */
  readonly members: Readonly<Record<string, unknown>>;
}

export function problemOf(failure: ApiFailure): Problem {
  const nothing = { diagnostics: [], members: {} };
  switch (failure.kind) {
    case "noAnswer":
      return { status: 0, code: "no-answer", detail: "", ...nothing };
    case "notSerin":
      return { status: 0, code: "not-serin", detail: failure.what, ...nothing };
    case "problem": {
      const { status, detail, members } = failure;
      const said = members as Partial<Problem> & { readonly type?: string };
      const code = said.type?.split(":").at(-1) ?? "";
      return { status, code, detail, diagnostics: said.diagnostics ?? [], members };
    }
  }
}
