import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";

/** A warning about a lane. */
export const doubt = (
  code: DiagnosticCode,
  { origin }: Lane,
  path: string,
  message: string,
): Diagnostic => ({ severity: "warning", code, key: origin, revision: 0n, path, message });
