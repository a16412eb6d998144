/**
 * Whether an answer is what the contract promises. Tests ask it of every answer that they get; in
 * service nobody does.
 */
import { isDeepStrictEqual } from "node:util";
import type { Answer, Operation } from "../api/operation.ts";
import { type ProblemCode, problemMediaType, problemSchema, problems } from "../api/problem.ts";
import { problemsOf } from "../api/problems-of.ts";
import { parsedJson } from "../lib/parsed-json.ts";

/** What is not as promised; undefined: everything is. */
export async function brokenPromise(
  operation: Operation,
  response: Response,
): Promise<string | undefined> {
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith(problemMediaType)) return brokenProblem(operation, response);
  const answer = operation.answers[response.status];
  if (answer === undefined) return `status ${response.status} is not in the contract`;
  return brokenHeaders(answer, response) ?? (await brokenBody(answer, type, response));
}

async function brokenProblem(
  operation: Operation,
  response: Response,
): Promise<string | undefined> {
  const json: unknown = parsedJson(await response.text());
  const parsed = problemSchema.safeParse(json);
  if (!parsed.success) return `no problem of the contract: ${parsed.error.message}`;
  const { type, status } = parsed.data;
  const code = type.slice("urn:serin:problem:".length) as ProblemCode;
  const statuses: readonly number[] = problems[code].statuses;
  if (status !== response.status || !statuses.includes(status)) return `${type} with ${status}`;
  return problemsOf(operation).includes(code) ? undefined : `${type} is not in the contract`;
}

function brokenHeaders({ headers = {} }: Answer, response: Response): string | undefined {
  for (const [name, { schema, required = false }] of Object.entries(headers)) {
    const value = response.headers.get(name);
    if (value === null ? required : !schema.safeParse(value).success) {
      return `header ${name} is ${value}`;
    }
  }
  return undefined;
}

async function brokenBody(
  { json, forms = [] }: Answer,
  type: string,
  response: Response,
): Promise<string | undefined> {
  const all = json === undefined ? forms : [{ type: "application/json", schema: json }, ...forms];
  if (all.length === 0) return response.body === null ? undefined : "there is a body";
  const form = all.find((each) => type.startsWith(each.type));
  if (form === undefined) return `content type ${type} is not in the contract`;
  if (form.type !== "application/json") return undefined;
  const sent = parsedJson(await response.text());
  const parsed = form.schema.safeParse(sent);
  if (!parsed.success) return parsed.error.message;
  return isDeepStrictEqual(parsed.data, sent) ? undefined : "it has members past the contract";
}
