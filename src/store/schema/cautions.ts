/**
 * Warnings about values that are taken: what has no effect, and what happens instead. They ride with
 * the schema that takes the value, so that decode/judge.ts need not know what any of it means.
 */
import { z } from "zod";
import type { DiagnosticCode } from "../../lib/diagnostic.ts";

export interface Caution {
  readonly code: Extract<DiagnosticCode, "FIELD_UNKNOWN" | "VALUE_INVALID">;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const registry = z.registry<{ readonly find: (value: unknown) => readonly Caution[] }>();

/** Gives `schema` back, of which a value that it took is looked at by `find`. */
export function cautioned<S extends z.ZodType>(
  schema: S,
  find: (value: z.output<S>) => readonly Caution[],
): S {
  // Only what the schema has given out comes back here.
  registry.add(schema, { find: (value) => find(value as z.output<S>) });
  return schema;
}

/** Of a value that `schema` has taken, with paths from its root. */
export const cautionsOf = (schema: z.ZodType, value: unknown): readonly Caution[] =>
  registry.get(schema)?.find(value) ?? [];

/** A field that is read by nobody. */
export const ignored = (path: readonly PropertyKey[], message: string): Caution => ({
  code: "FIELD_UNKNOWN",
  path,
  message,
});

/** A value that cannot be carried out, with what happens in its place. */
export const replaced = (path: readonly PropertyKey[], message: string): Caution => ({
  code: "VALUE_INVALID",
  path,
  message,
});
