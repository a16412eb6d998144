/**
 * Conditions of APISIX (lua-resty-expr): `["http_x_release", "==", "canary"]`, all of which must hold.
 * https://github.com/api7/lua-resty-expr#operator-list
 */
import { err, ok, type Result } from "../../lib/result.ts";
import { type JsonFields, present } from "../report.ts";
import { namedTwice, wholeMatch } from "../traefik/matches.ts";

/** What one match of a rule asks for besides its path. Fails with what cannot be said here. */
export function varsMatch(vars: readonly unknown[]): Result<JsonFields, string> {
  const parts: Parts = { headers: [], queryParams: [], cookies: [], method: undefined };
  for (const each of vars) {
    if (each === "AND" || add(parts, each)) continue;
    return err(`no condition of serin's: ${JSON.stringify(each)?.slice(0, 80)}`);
  }
  const twice = namedTwice(parts);
  if (twice !== undefined) return err(`two conditions on ${twice} at once`);
  const { headers, queryParams, cookies, method } = parts;
  const some = (list: readonly JsonFields[]) => (list.length === 0 ? undefined : list);
  const lists = { headers: some(headers), queryParams: some(queryParams), cookies: some(cookies) };
  return ok(present({ ...lists, method }));
}

interface Parts {
  readonly headers: JsonFields[];
  readonly queryParams: JsonFields[];
  readonly cookies: JsonFields[];
  method: string | undefined;
}

/** False: it cannot be said. */
function add(parts: Parts, condition: unknown): boolean {
  const [name, operator, value, more] = Array.isArray(condition) ? condition : [];
  const made = conditionOf(operator, value);
  if (typeof name !== "string" || made === undefined || more !== undefined) return false;
  const [, kind, rest = ""] = /^(http|arg|cookie)_(.+)$/.exec(name) ?? [];
  if (kind === "http") parts.headers.push({ name: rest.replaceAll("_", "-"), ...made });
  else if (kind === "arg") parts.queryParams.push({ name: rest, ...made });
  else if (kind === "cookie") parts.cookies.push({ name: rest, ...made });
  else if (name !== "request_method" || operator !== "==" || parts.method !== undefined) {
    return false;
  } else parts.method = String(value).toUpperCase();
  return true;
}

function conditionOf(operator: unknown, value: unknown): JsonFields | undefined {
  const isPlain = typeof value === "string" || typeof value === "number";
  if (operator === "==" && isPlain) return { value: String(value) };
  if (operator === "~~" && isPlain) {
    return { type: "RegularExpression", value: wholeMatch(String(value)) };
  }
  if ((operator === "in" || operator === "IN") && Array.isArray(value) && value.length > 0) {
    const words = value.map((each) => String(each).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return { type: "RegularExpression", value: words.join("|") };
  }
  return undefined;
}
