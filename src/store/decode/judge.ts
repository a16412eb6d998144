/**
 * Holds a parsed value against a schema: what is wrong becomes an error, what is unknown or without
 * effect a warning. Only what was expected, and a short piece of what was found, is repeated.
 */
import { z } from "zod";
import type * as core from "zod/v4/core";
import { limits } from "../../config/limits.ts";
import { didYouMean, nearest } from "../../lib/did-you-mean.ts";
import { cautionsOf } from "../schema/cautions.ts";
import { consequenceWithout, narrowing, notYet } from "../schema/leaves.ts";
import { clip, type Path, type Problem, problem, warning } from "./problem.ts";

export interface Judgement<T> {
  /** undefined where the value is refused. */
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** `quiet`: the found value is not repeated, as it may be a secret. */
export function judge<T>(
  schema: z.ZodType<T>,
  value: unknown,
  at: Path,
  quiet = false,
): Judgement<T> {
  const result = schema.safeParse(value, { error: expectation });
  const problems: Problem[] = [];
  if (!result.success) {
    const issues = result.error.issues.flatMap(withinUnion);
    for (const issue of issues.slice(0, limits.decode.diagnosticsPerKey)) {
      problems.push(toProblem(issue, value, at, quiet));
    }
  }
  warnOfFields(schema, value, at, problems);
  if (result.success) {
    for (const { code, path, message } of cautionsOf(schema, result.data)) {
      problems.push(warning(code, [...at, ...path], message));
    }
  }
  return { value: result.success ? result.data : undefined, problems };
}

const typeNames: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a string",
  boolean: "true or false",
  number: "a number",
  int: "an integer",
};

/** Fields that a secret may have got into by mistake: what is there is not repeated. */
const unshown: ReadonlySet<unknown> = new Set(["secretEnv"]);

/** What was expected, where the schema says nothing of its own. */
function expectation(issue: core.$ZodRawIssue): string {
  if (issue.code === "invalid_value") return oneOf(issue.values);
  if (issue.code === "invalid_type") return typeNames[issue.expected] ?? issue.expected;
  return issue.message ?? "a value of another form";
}

function oneOf(values: readonly unknown[]): string {
  const list = values.map((value) => JSON.stringify(value)).join(", ");
  return values.length === 1 ? list : `one of ${list}`;
}

function toProblem(issue: core.$ZodIssue, root: unknown, at: Path, quiet: boolean): Problem {
  const path = [...at, ...issue.path];
  if (issue.code === "invalid_key") {
    const expected = issue.issues[0]?.message ?? "another name";
    const got = quiet ? "" : `, got ${show(issue.path.at(-1))}`;
    return problem(
      "VALUE_INVALID",
      path,
      `the field's own name is wrong: expected ${expected}${got}`,
    );
  }
  if (issue.code === "unrecognized_keys") {
    const [field = ""] = issue.keys;
    const consequence = "is not known, and without it the rest may mean too much";
    // Text that slipped out of its place would be taken for the name of a field.
    return quiet
      ? problem("VALUE_INVALID", path, `a field ${consequence}`)
      : problem("VALUE_INVALID", [...path, clip(field)], `this field ${consequence}`);
  }
  const style: unknown = issue.code === "custom" ? issue.params?.["style"] : undefined;
  if (style === "full") return problem("VALUE_INVALID", path, issue.message);
  const expected = style === "reason" ? issue.message : `expected ${issue.message}`;
  const found = valueAt(root, issue.path);
  if (found === undefined) return problem("VALUE_INVALID", path, `${expected}, but it is missing`);
  const isUnshown = quiet || unshown.has(issue.path.at(-1));
  const got = isUnshown ? kindOf(found) : show(found);
  return problem("VALUE_INVALID", path, `${expected}, got ${got}`);
}

/**
 * What is wrong inside of the one form of several that the value has; the issue itself where it has
 * none, so that all forms are named.
 */
function withinUnion(issue: core.$ZodIssue): readonly core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const [meant, ...others] = issue.errors.filter((list) =>
    list.every(({ path }) => path.length > 0),
  );
  if (meant === undefined || others.length > 0) return [issue];
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(clip(value));
  return typeof value === "object" ? kindOf(value) : clip(String(value));
}

/** Warns of fields that the schema does not know, or knows to have no effect. */
function warnOfFields(schema: core.$ZodType, value: unknown, at: Path, into: Problem[]): void {
  if (into.length > 2 * limits.decode.diagnosticsPerKey) return;
  if (schema instanceof z.ZodOptional) {
    warnOfFields(schema.def.innerType, value, at, into);
  } else if (schema instanceof z.ZodUnion) {
    const [form, ...others] = schema.def.options.filter((option) => option instanceof z.ZodObject);
    if (form !== undefined && others.length === 0) warnOfFields(form, value, at, into);
  } else if (schema instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      warnOfFields(schema.def.element, element, [...at, index], into);
    }
  } else if (schema instanceof z.ZodObject && typeof value === "object" && value !== null) {
    for (const [field, inner] of Object.entries(value)) {
      warnOfField(schema, field, inner, at, into);
    }
  }
}

/** What a misspelt field would make the object about; undefined where the field confines nothing. */
function widenedBy({ shape }: z.ZodObject, field: string): string | undefined {
  const meant = nearest(field, Object.keys(shape));
  const schema = meant === undefined || Object.hasOwn(shape, field) ? undefined : shape[meant];
  return schema instanceof z.ZodType ? consequenceWithout(schema) : undefined;
}

function warnOfField(
  schema: z.ZodObject,
  field: string,
  value: unknown,
  at: Path,
  into: Problem[],
): void {
  const path = [...at, field];
  const known = Object.hasOwn(schema.shape, field) ? schema.shape[field] : undefined;
  if (known !== undefined && !notYet.has(known)) {
    warnOfFields(known, value, path, into);
    return;
  }
  const consequence = narrowing.get(schema)?.consequence;
  if (known === undefined && consequence === undefined && schema.def.catchall !== undefined) return;
  const hint = known === undefined ? didYouMean(field, Object.keys(schema.shape)) : "";
  const widened = known === undefined ? widenedBy(schema, field) : undefined;
  if (widened !== undefined) {
    into.push(problem("VALUE_INVALID", path, `this field is not known${hint}, and ${widened}`));
    return;
  }
  const fact = known === undefined ? `is not known${hint}` : "is known but not in force yet";
  const effect = consequence ?? "and has no effect";
  into.push(warning("FIELD_UNKNOWN", path, `this field ${fact}, ${effect}`));
}
