/**
 * The text of a condition to its tree. The language is the part of Argo Rollouts' that is of use
 * here: comparisons of a figure with a number, joined; no arithmetic, no functions, so that a
 * condition can be judged on intervals.
 * https://argo-rollouts.readthedocs.io/en/stable/features/analysis/
 */
import { err, ok, type Result } from "../result.ts";
import type { Comparison, Condition, ConditionNode } from "./condition.ts";

/** Characters of a condition: one that nobody can read at once is a mistake. */
export const conditionChars = 1_024;
/** Parentheses and `!` inside one another. */
export const conditionDepth = 32;

/** The error is one sentence that says where and what. */
export function parseCondition(text: string): Result<Condition, string> {
  if (text.length > conditionChars) return err(`more than ${conditionChars} characters`);
  const cursor = new Cursor(text);
  try {
    const root = anyOf(cursor, 0);
    if (!cursor.atEnd) throw cursor.expected("`&&`, `||` or the end");
    return ok({ text, root });
  } catch (error) {
    if (error instanceof Unreadable) return err(error.message);
    throw error;
  }
}

/** Leaves the descent; `parseCondition` makes an error of it. */
class Unreadable extends Error {}

const blank = /\s*/y;
const or = /\|\|/y;
const and = /&&/y;
const not = /!(?!=)/y;
const group = /(?=[!(])/y;
const open = /\(/y;
const close = /\)/y;
const comparison = /[<>]=?|[=!]=/y;
const figure = /result(?:\[(?:"([^"\\]+)"|'([^'\\]+)')\]|((?:\.[A-Za-z_]\w*)*))(?![\w.])/y;
const number = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y;
const anything = /[\w.]{1,24}|./suy;

/** What people write who know another language, and what it is in this one. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/\[\s*\d/y, "the one sample of a query is `result`, without an index"],
  [/%/y, "a ratio is a number, 0.05 for 5 %"],
  [/(?:and|or|not)\b/iy, "the words are `&&`, `||` and `!`"],
  [/[&|]/y, "the words are `&&` and `||`"],
  [/=(?!=)/y, "equality is `==`"],
];

/** A place in the text. */
class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#pass(blank);
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** What has this shape here, and goes past it and the space behind it. */
  take(shape: RegExp): RegExpExecArray | undefined {
    const found = this.#pass(shape);
    if (found !== undefined) this.#pass(blank);
    return found;
  }

  expected(what: string): Unreadable {
    const found = this.#look(anything)?.[0];
    const hint = hints.find(([shape]) => this.#look(shape) !== undefined)?.[1];
    const but = found === undefined ? "the end" : `\`${found}\``;
    return this.wrong(`expected ${what}, found ${but}${hint === undefined ? "" : `; ${hint}`}`);
  }

  wrong(what: string): Unreadable {
    return new Unreadable(`at character ${this.#at + 1}: ${what}`);
  }

  #look(shape: RegExp): RegExpExecArray | undefined {
    shape.lastIndex = this.#at;
    return shape.exec(this.#text) ?? undefined;
  }

  #pass(shape: RegExp): RegExpExecArray | undefined {
    const found = this.#look(shape);
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }
}

type Part = (cursor: Cursor, depth: number) => ConditionNode;

const anyOf: Part = (cursor, depth) => joined("any", or, allOf, cursor, depth);
const allOf: Part = (cursor, depth) => joined("all", and, single, cursor, depth);

function joined(
  kind: "all" | "any",
  by: RegExp,
  part: Part,
  cursor: Cursor,
  depth: number,
): ConditionNode {
  const first = part(cursor, depth);
  const of = [first];
  while (cursor.take(by) !== undefined) of.push(part(cursor, depth));
  return of.length === 1 ? first : { kind, of };
}

const single: Part = (cursor, depth) => {
  if (depth > conditionDepth) throw cursor.wrong(`more than ${conditionDepth} levels`);
  if (cursor.take(not) !== undefined) {
    // Languages differ on what `!a > 1` means, so the parentheses are not optional.
    if (cursor.take(group) === undefined) throw cursor.expected("`(` after `!`");
    return { kind: "not", of: single(cursor, depth + 1) };
  }
  if (cursor.take(open) !== undefined) return inParentheses(cursor, depth);
  return compared(cursor);
};

function inParentheses(cursor: Cursor, depth: number): ConditionNode {
  const inner = anyOf(cursor, depth + 1);
  if (cursor.take(close) === undefined) throw cursor.expected("`&&`, `||` or `)`");
  return inner;
}

type Operand =
  | { readonly kind: "figure"; readonly figure: string }
  | { readonly kind: "number"; readonly value: number };

function compared(cursor: Cursor): ConditionNode {
  const left = operand(cursor);
  const by = cursor.take(comparison)?.[0] as Comparison | undefined;
  if (by === undefined) throw cursor.expected("one of <, <=, >, >=, ==, !=");
  const right = operand(cursor);
  if (left.kind === "figure" && right.kind === "number") {
    return { kind: "compare", figure: left.figure, by, bound: right.value };
  }
  if (left.kind === "number" && right.kind === "figure") {
    return { kind: "compare", figure: right.figure, by: mirrored[by], bound: left.value };
  }
  throw cursor.wrong("a comparison is of one figure with one number");
}

/** `0.05 < result` is `result > 0.05`. */
const mirrored: Readonly<Record<Comparison, Comparison>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "==": "==",
  "!=": "!=",
};

function operand(cursor: Cursor): Operand {
  const named = cursor.take(figure);
  if (named !== undefined) {
    const [, quoted, apostrophes, dotted = ""] = named;
    return { kind: "figure", figure: quoted ?? apostrophes ?? dotted.slice(1) };
  }
  const written = cursor.take(number)?.[0];
  if (written === undefined) throw cursor.expected("`result`, `result.<name>` or a number");
  const value = Number(written);
  if (!Number.isFinite(value)) throw cursor.wrong("the number before is too large");
  return { kind: "number", value };
}
