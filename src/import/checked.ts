/**
 * Holds what was made against the schemas of objects: what serin would refuse is not an object of serin's,
 * and what it would take with a warning has lost something.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import type { Imported, ImportedObject, Report } from "./report.ts";

/** `sources`: what each key was made from, for the findings. */
export function checked(
  made: readonly ImportedObject[],
  sources: ReadonlyMap<string, string>,
  report: Report,
): Imported {
  const seen = new Set<string>();
  const objects = made.filter(({ key }) => {
    const isFirst = !seen.has(key);
    seen.add(key);
    if (!isFirst)
      report.lost(sources.get(key) ?? key, "", `${key} is there twice: the first counts`);
    return isFirst;
  });
  const diagnostics = diagnosticsOf(objects);
  const refused = new Set<string>();
  for (const { severity, key, path, message } of diagnostics) {
    if (severity === "error") refused.add(key);
    report.lost(sources.get(key) ?? key, path, message);
  }
  for (const key of refused) {
    report.lost(sources.get(key) ?? key, "", `${key} is left out: serin would refuse it`);
  }
  const kept = objects.filter(({ key }) => !refused.has(key));
  const byKey = (a: ImportedObject, b: ImportedObject): number => (a.key < b.key ? -1 : 1);
  return { objects: kept.toSorted(byKey), findings: report.findings };
}

function diagnosticsOf(objects: readonly ImportedObject[]): readonly Diagnostic[] {
  const entries = new Map(
    objects.map(({ key, value }) => {
      const bytes = Buffer.from(JSON.stringify(value));
      return [key, { key, value: bytes, modRevision: 1n, createRevision: 1n }];
    }),
  );
  return createDecoder().start({ revision: 1n, entries }).diagnostics;
}
