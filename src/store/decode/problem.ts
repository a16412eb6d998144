import { limits } from "../../config/limits.ts";
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";

/** A diagnostic before it is known which value of which key it is about. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  readonly path: Path;
  readonly message: string;
}

/** Steps from the root of a value: field names and indexes. */
export type Path = readonly PropertyKey[];

export const problem = (code: DiagnosticCode, path: Path, message: string): Problem => ({
  severity: "error",
  code,
  path,
  message,
});

export const warning = (code: DiagnosticCode, path: Path, message: string): Problem => ({
  severity: "warning",
  code,
  path,
  message,
});

/** `rules[0].backendRefs[1].weight`; a name that is no identifier is quoted: `labels["a b"]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z_][-\w]*$/.test(String(step)))
      text += `[${JSON.stringify(clip(String(step)))}]`;
    else text += (text === "" ? "" : ".") + clip(String(step));
  }
  return text;
}

/** At most as many characters as a diagnostic may repeat. */
export const clip = (text: string): string =>
  text.length <= limits.decode.echoChars ? text : `${text.slice(0, limits.decode.echoChars - 1)}…`;

/** Errors before warnings, the rest in the order of discovery, no more than are kept per key. */
export function toDiagnostics(
  problems: readonly Problem[],
  key: string,
  revision: bigint,
): readonly Diagnostic[] {
  const errors = problems.filter(({ severity }) => severity === "error");
  const warnings = problems.filter(({ severity }) => severity === "warning");
  return [...errors, ...warnings]
    .slice(0, limits.decode.diagnosticsPerKey)
    .map(({ severity, code, path, message }) => ({
      severity,
      code,
      key,
      revision,
      path: formatPath(path),
      message,
    }));
}
