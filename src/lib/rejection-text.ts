/**
 * What a proxy says of a resource that it rejects, without the resource: Envoy repeats all of it,
 * private keys included, as text or JSON. What a dump holds cannot be told apart, so nothing of it is
 * kept; of what follows it only the path of the field that broke a constraint, by its fixed form.
 */

/** Longer reasons of the same form do not occur. */
const pathCharsMost = 2_000;

/**
 * How a dump begins: Envoy's mark, a block, a field with a string, an Any, a PEM. Nothing in them
 * repeats without bound, as the text may be long.
 */
const dumpStart = /goo\.gle\/|[{}]|:[ \t]{0,4}"|\[type\.googleapis\.com\/|-----/;

/** In a dump a line break is written `\n`, so that no string in it can begin a line. */
const constraintStart = "\n: Proto constraint validation failed (";

const step = String.raw`[A-Za-z0-9]{1,80}ValidationError\.[A-Za-z0-9_]{1,80}(?:\[\d{1,9}\])?`;
/** Words of Envoy's own, with ranges such as `[200, 600)`, `item(s)`, and patterns that it holds names against. */
const reason = String.raw`[a-z](?:[a-zA-Z0-9 ,.-]|\(s\)|[[(]-?\d{1,19}, -?\d{1,19}[\])]|"\^[^"\n]{0,120}"){0,120}`;
const constraint = new RegExp(`^${step}: ${reason}(?: \\| caused by ${step}: ${reason}){0,30}\\)`);

const leftOut = "[dump left out]";

/** The text up to the first sign of a dump; whole where there is none. */
export function withoutDump(text: string): string {
  const at = text.search(dumpStart);
  if (at === -1) return text;
  const before = leadingTo(text.slice(0, at));
  const failed = failedConstraint(text.slice(at));
  return [before, leftOut, failed].filter((part) => part !== "").join(" ");
}

/** Without the name of the field that the dump begins with, which explains nothing. */
function leadingTo(before: string): string {
  const words = before.trimEnd();
  const name = /[\w.]{1,100}$/.exec(words.slice(-100))?.[0] ?? "";
  return words.slice(0, words.length - name.length).trimEnd();
}

function failedConstraint(dump: string): string {
  const at = dump.lastIndexOf(constraintStart);
  if (at === -1) return "";
  const from = at + constraintStart.length;
  const found = constraint.exec(dump.slice(from, from + pathCharsMost));
  return found === null ? "" : `Proto constraint validation failed (${found[0]}`;
}
