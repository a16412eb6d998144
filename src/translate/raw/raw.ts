/** One object under `resources/`: its resource, or why it is refused. */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import { makeRaw } from "./make-raw.ts";

export interface TranslatedRaw {
  readonly raw: RawResource;
  /** Undefined where the resource was refused. */
  readonly bundle: Bundle | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export const rawOwner = ({ origin }: RawResource): string => `raw/${origin}`;

/** An error: a refused resource is not served at all. A doubt about one that is: a warning. */
export function rawDiagnostic(
  { origin, revision }: RawResource,
  code: DiagnosticCode,
  path: string,
  message: string,
): Diagnostic {
  const severity = code === "REFERENCE_MISSING" ? "warning" : "error";
  return { severity, code, key: origin, revision, path, message };
}

export function translateRaw(raw: RawResource): TranslatedRaw {
  const { typeUrl, name, ttlMs, body, origin } = raw;
  const made = makeRaw({ typeUrl, name, version: undefined, ttlMs, body, origins: [origin] });
  if (!made.ok) {
    const { path, message } = made.error;
    const diagnostics = [rawDiagnostic(raw, "RESOURCE_INVALID", path, message)];
    return { raw, bundle: undefined, diagnostics };
  }
  const bundle = { owner: rawOwner(raw), resources: [made.value] };
  return { raw, bundle, diagnostics: [] };
}
