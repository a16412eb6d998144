/**
 * The parts of a request by the schemas of the contract. Parameters are texts: what is to be a number or
 * true or false is read as such first. A parameter that the operation does not know is refused, since a
 * misspelt `dryRun` would write.
 */
import type { z } from "zod";
import type { Operation } from "../api/operation.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** What is wrong with a request. */
export interface Wrong {
  /** The parameter, header, or path inside the body; empty: the body as a whole. */
  readonly field: string;
  readonly detail: string;
}

export interface RawParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, readonly string[]>>;
  header(name: string): string | undefined;
}

export interface Parts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
}

export function parseParts(operation: Operation, raw: RawParts): Result<Parts, Wrong> {
  const params = parsePart(operation.params, raw.params, "in the path");
  if (!params.ok) return params;
  const query = parseQuery(operation.query, raw.query);
  if (!query.ok) return query;
  const headers = parsePart(operation.headers, headersFor(operation, raw), "header");
  if (!headers.ok) return headers;
  return ok({ params: params.value, query: query.value, headers: headers.value });
}

const headersFor = ({ headers }: Operation, raw: RawParts): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(headers?.shape ?? {}).flatMap((name) => {
      const value = raw.header(name);
      return value === undefined ? [] : [[name, value.trim()]];
    }),
  );

function parseQuery(schema: Operation["query"], raw: RawParts["query"]): Result<unknown, Wrong> {
  if (schema === "any") return ok({});
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema?.shape ?? {};
  const values: Record<string, unknown> = {};
  for (const [name, texts] of Object.entries(raw)) {
    const expected = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (expected === undefined) return err(unknownParameter(name, Object.keys(shape)));
    const [text = "", ...more] = texts;
    const kind = kindOf(expected);
    if (kind === "array") values[name] = texts;
    else if (more.length > 0) return err({ field: name, detail: `${name}: it is there twice` });
    else values[name] = readAs(kind, text);
  }
  return parsePart(schema, values, "parameter");
}

function unknownParameter(name: string, known: readonly string[]): Wrong {
  const field = name.slice(0, 64);
  const there = known.length === 0 ? "there is none" : `there is ${known.join(", ")}`;
  return { field, detail: `no parameter ${field} here; ${there}` };
}

/** The kind of its values, behind what only says whether it must be there. */
function kindOf(schema: z.core.$ZodType): string {
  const { def } = schema._zod;
  return "innerType" in def ? kindOf(def.innerType as z.core.$ZodType) : def.type;
}

/** Where it is none, as it is: the schema says what is expected. */
function readAs(kind: string, text: string): unknown {
  if (kind === "number" && /^-?\d{1,17}$/.test(text)) return Number(text);
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function parsePart(
  schema: z.ZodObject | undefined,
  value: unknown,
  what: string,
): Result<unknown, Wrong> {
  if (schema === undefined) return ok({});
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? "");
  return err({ field, detail: `${what} ${field}: ${issue?.message ?? "not valid"}` });
}

export function parseBody(schema: z.ZodType, value: unknown): Result<unknown, Wrong> {
  if (value === undefined) return err({ field: "", detail: "the body is not JSON" });
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".") ?? "";
  const where = field === "" ? "the body" : field;
  return err({ field, detail: `${where}: ${issue?.message ?? "not valid"}` });
}
