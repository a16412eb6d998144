/**
 * Ties an operation of the contract to what does it: the request is parsed by the contract's schemas, and
 * refused where it does not fit; in tests the answer is held against them as well.
 */
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Asked, Operation, Reply } from "../api/operation.ts";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { ok, type Result } from "../lib/result.ts";
import { brokenPromise } from "./conformance.ts";
import type { AdminContext } from "./context.ts";
import { honoPath } from "./hono-path.ts";
import { problem } from "./problem.ts";
import { parseBody, parseParts, type Wrong } from "./request-parts.ts";

/** What an operation does. A problem, and what is not JSON, is a Response of its own. */
export type Does<O extends Operation> = (
  asked: Asked<O>,
  c: Context,
) => Reply<O> | Response | Promise<Reply<O> | Response>;

/** The usual answer. */
export const reply = <T>(json: T, headers: Readonly<Record<string, string>> = {}) =>
  ({ status: 200, json, headers }) as const;

export function route<const O extends Operation>(
  app: Hono,
  context: AdminContext,
  operation: O,
  does: Does<O>,
): void {
  const path = honoPath(operation);
  const answer = async (c: Context): Promise<Response> => {
    const response = await answered(operation, does, c);
    const broken = context.onBroken && (await brokenPromise(operation, looked(response)));
    if (broken !== undefined) context.onBroken?.(`${operation.method} ${c.req.url}: ${broken}`);
    return response;
  };
  if (operation.method === "GET") app.get(path, answer);
  else app.on(operation.method, path, bounded, answer);
}

/** A stream of events has no other end to be looked at from. */
const looked = (response: Response): Response =>
  response.headers.get("content-type")?.includes("json") === true ? response.clone() : response;

const bounded = bodyLimit({
  maxSize: limits.admin.bodyBytes,
  onError: () =>
    problem(413, "body-too-large", `a body may have at most ${limits.admin.bodyBytes} bytes`),
});

async function answered<O extends Operation>(
  operation: O,
  does: Does<O>,
  c: Context,
): Promise<Response> {
  const parts = parseParts(operation, {
    params: c.req.param() as Readonly<Record<string, string>>,
    query: c.req.queries(),
    header: (name) => c.req.header(name),
  });
  if (!parts.ok) return wrongPart(parts.error);
  const body = await bodyOf(operation, c);
  if (!body.ok) return wrongPart(body.error);
  const asked = { ...parts.value, body: body.value } as Asked<O>;
  const reply = await does(asked, c);
  if (reply instanceof Response) return reply;
  const { status, json, headers } = reply as {
    readonly status: number;
    readonly json: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  return Response.json(json, { status, ...(headers && { headers }) });
}

const wrongPart = ({ field, detail }: Wrong): Response =>
  problem(400, "bad-request", detail, { field });

async function bodyOf(operation: Operation, c: Context): Promise<Result<unknown, Wrong>> {
  if (operation.body?.kind !== "json") return ok(undefined);
  const text = await c.req.text();
  return parseBody(operation.body.schema, parsedJson(text));
}
