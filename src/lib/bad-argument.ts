/** What a program hands over wrongly: where, what was expected there, and what came. */
export function badArgument(where: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${where}: expected ${expected}, got ${described(value)}`);
}

const shownChars = 60;

/** Texts and numbers are shown, since they tell the mistake; of objects, only what kind they are. */
function described(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "string":
      return value.length > shownChars ? "a long text" : `the text ${JSON.stringify(value)}`;
    case "number":
    case "bigint":
      return `the ${typeof value} ${value}`;
    case "object":
      return kindOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value: object): string {
  const { name } = (value.constructor ?? Object) as { readonly name: string };
  const keys = Object.keys(value).slice(0, 3).join(", ");
  if (name !== "Object") return `a ${name}`;
  return keys === "" ? "an empty object" : `an object with ${keys}`;
}

type Unchecked = Readonly<Record<string, unknown>>;

/** Whether it is an object that is no array: `where` is checked one field after the other. */
export const isObject = (value: unknown): value is Unchecked =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The options of a call: an object, with none but known names. */
export function checkOptions(where: string, options: unknown, names: readonly string[]): void {
  const known = names.join(", ");
  if (!isObject(options)) throw badArgument(where, `options, of ${known}`, options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new TypeError(`${where}: there is no option ${JSON.stringify(name)}, but ${known}`);
  }
}

/** A text with something in it. */
export function checkText(where: string, value: unknown): void {
  if (typeof value !== "string" || value === "")
    throw badArgument(where, "a text that is not empty", value);
}
