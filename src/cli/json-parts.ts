/** Parts of a proto in JSON, by their paths. */
export type Step = string | number;
export type Path = readonly Step[];

/** Fields and elements; the type of an Any is none. */
export function childrenOf(value: unknown): readonly Step[] {
  if (Array.isArray(value)) return value.map((_, index) => index);
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).filter((field) => field !== "@type");
}

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((from, step) => (from as Readonly<Record<Step, unknown>>)[step], value);

export interface Leaf {
  readonly path: Path;
  readonly value: string | number | boolean;
}

/** Texts, numbers and booleans below `value`, in their order. */
export function leavesOf(value: unknown, path: Path): readonly Leaf[] {
  if (typeof value === "object") {
    return childrenOf(value).flatMap((step) => leavesOf(valueAt(value, [step]), [...path, step]));
  }
  return [{ path, value: value as Leaf["value"] }];
}

export const withoutPart = (value: unknown, path: Path): unknown => changed(value, path, []);

export const withPart = (value: unknown, path: Path, part: unknown): unknown =>
  changed(value, path, [part]);

/** `parts`: what takes the place of the part, if anything. */
function changed(value: unknown, path: Path, parts: readonly unknown[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return parts[0];
  const inner = rest.length === 0 ? parts : [changed(valueAt(value, [step]), rest, parts)];
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => (index === step ? inner : [each]));
  }
  const { [step]: _, ...others } = value as Readonly<Record<Step, unknown>>;
  return inner.length === 0 ? others : { ...others, [step]: inner[0] };
}
