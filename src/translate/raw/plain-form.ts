/** Reading of resources in the plain form of `decodeWith`: field names in snake case, Any expanded. */

export const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The value at the end of a path of fields. */
export const fieldAt = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce(field, value);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that says something, as a list. */
export const texts = (value: unknown): readonly string[] =>
  typeof value === "string" && value !== "" ? [value] : [];

/** The value of a google.protobuf.BoolValue; undefined where there is none. */
export const boolAt = (value: unknown, ...path: readonly string[]): boolean | undefined => {
  const wrapper = fieldAt(value, ...path);
  return wrapper === undefined ? undefined : field(wrapper, "value") === true;
};

/**
 * Fields that are not looked into: metadata's own are whatever people name them, and the clusters of
 * a config source are the bootstrap's.
 */
const opaque: ReadonlySet<string> = new Set(["filter_metadata", "api_config_source"]);

/** Every field below `value` with its name, arrays looked through. */
export function walk(value: unknown): readonly (readonly [string, unknown])[] {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(walk);
  return Object.entries(value).flatMap(([key, inner]) => [
    [key, inner] as const,
    ...(opaque.has(key) ? [] : walk(inner)),
  ]);
}
