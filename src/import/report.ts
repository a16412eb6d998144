/** What an import makes of another system's objects, and what of it could not be carried over. */

/** An object of serin's, in the short form. */
export interface ImportedObject {
  readonly key: string;
  readonly value: JsonFields;
}

export type Json = string | number | boolean | null | readonly Json[] | JsonFields;

export interface JsonFields {
  readonly [field: string]: Json | undefined;
}

export interface ImportFinding {
  /** `lost`: something of it has no effect here. `note`: it is carried over, and yet not the same. */
  readonly kind: "lost" | "note";
  /** What was read: `HTTPRoute shop`, or a key. */
  readonly source: string;
  /** Inside of it; empty for all of it. */
  readonly path: string;
  readonly message: string;
}

export interface Imported {
  readonly objects: readonly ImportedObject[];
  readonly findings: readonly ImportFinding[];
}

export class Report {
  readonly #findings = new Map<string, ImportFinding>();

  lost(source: string, path: string, message: string): void {
    this.#add({ kind: "lost", source, path, message });
  }

  note(source: string, path: string, message: string): void {
    this.#add({ kind: "note", source, path, message });
  }

  get findings(): readonly ImportFinding[] {
    return [...this.#findings.values()];
  }

  /** Several routers may lead to the same service, and find the same. */
  #add(finding: ImportFinding): void {
    this.#findings.set(JSON.stringify(finding), finding);
  }
}

/**
 * What stands where a route cannot be let in: it takes the same requests and leads nowhere, so that they end with an
 * error. Without it a wider route would let them in.
 */
export const closedRule = (matches: readonly JsonFields[]): JsonFields => ({ matches });

/** As it is told. */
export const closedInstead = "its requests end with an error, lest a wider route takes them";

/** Leaves fields out that are undefined, so that equal objects are written the same. */
export function present(fields: JsonFields): JsonFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
