/** What is told about lanes. */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";

/** A warning about a lane. */
export const doubt = (
  code: DiagnosticCode,
  { origin }: Lane,
  path: string,
  message: string,
): Diagnostic => ({ severity: "warning", code, key: origin, revision: 0n, path, message });

/** Something a lane asks for is not done. */
export const refusal = (...about: Parameters<typeof doubt>): Diagnostic => ({
  ...doubt(...about),
  severity: "error",
});
