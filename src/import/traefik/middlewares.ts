/** What Traefik's middlewares are among the filters of a rule. */
import { err, ok, type Result } from "../../lib/result.ts";
import { isFields, Reader } from "../reader.ts";
import { type JsonFields, present, Report } from "../report.ts";

/** What is added to a rule. */
export interface RuleParts {
  readonly filters: JsonFields[];
  readonly fields: Record<string, JsonFields>;
}

/** Without these, requests would pass that were kept out. */
const protective: ReadonlySet<string> = new Set([
  ...["basicauth", "digestauth", "forwardauth", "ipallowlist", "ipwhitelist", "passtlsclientcert"],
  "plugin",
]);

/** Without these all requests that passed still pass, and no others. */
const harmless: ReadonlySet<string> = new Set([
  ...["addprefix", "buffering", "chain", "circuitbreaker", "compress", "contenttype", "errors"],
  ...["grpcweb", "headers", "inflightreq", "ratelimit", "redirectregex", "redirectscheme"],
  ...["replacepath", "replacepathregex", "retry", "stripprefix", "stripprefixregex"],
]);

/** Middlewares of a router, chains followed: more would be a mistake, or a chain within itself. */
const mostMiddlewares = 256;

export interface Middleware {
  readonly name: string;
  readonly tree: Readonly<Record<string, unknown>>;
}

/** Those of a router, chains opened. Fails where one keeps requests out, or may: the router is left out. */
export function middlewaresOf(
  trees: Readonly<Record<string, unknown>>,
  used: readonly string[],
): Result<readonly Middleware[], string> {
  const all: Middleware[] = [];
  const left = namesOf(used);
  for (let step = 0; left.length > 0; step += 1) {
    const name = left.shift() ?? "";
    if (step >= mostMiddlewares || left.length > mostMiddlewares) {
      return err(`more than ${mostMiddlewares} middlewares, or a chain within itself`);
    }
    const own = plainName(name);
    const tree = Object.hasOwn(trees, own) ? trees[own] : undefined;
    if (!isFields(tree)) return err(`${name} is not here, and nobody knows whom it keeps out`);
    const problem = kindProblem(name, Object.keys(tree));
    if (problem !== undefined) return err(problem);
    const { chain } = tree;
    if (chain === undefined) all.push({ name: own, tree });
    else left.unshift(...namesOf(chained(chain)));
  }
  return ok(all);
}

function kindProblem(name: string, kinds: readonly string[]): string | undefined {
  if (kinds.some((kind) => protective.has(kind))) {
    return `serin cannot keep out whom ${name} keeps out`;
  }
  if (kinds.length > 0 && kinds.every((kind) => harmless.has(kind))) return undefined;
  return `${name} is of a kind that serin does not know, and may keep requests out`;
}

const chained = (chain: unknown): readonly string[] =>
  new Reader(isFields(chain) ? chain : {}, "", "", new Report()).texts("middlewares");

/** One value may name several: `a,b`. */
const namesOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(",")).flatMap((name) => name.trim() || []);

/** `web@etcd`: of the provider itself. */
const plainName = (name: string): string => name.replace(/@(?:etcd|kv)$/, "");

/** `matches`: of the rule, as a prefix is cut off only where it was matched. */
export function addMiddleware(
  { name, tree }: Middleware,
  matches: readonly JsonFields[],
  parts: RuleParts,
  report: Report,
): void {
  const reader = new Reader(tree, `http/middlewares/${name}`, "", report);
  const modifiers = reader.reader("headers");
  if (modifiers !== undefined) addHeaders(modifiers, parts);
  const strip = reader.reader("stripprefix");
  if (strip !== undefined) addStrip(strip, matches, parts);
  const replace = reader.reader("replacepath");
  if (replace !== undefined) {
    const path = { type: "ReplaceFullPath", replaceFullPath: replace.text("path") ?? "/" };
    parts.filters.push({ type: "URLRewrite", urlRewrite: { path } });
    replace.end();
  }
  const redirect = reader.reader("redirectscheme");
  if (redirect !== undefined) addRedirect(redirect, parts);
  const retry = reader.reader("retry");
  if (retry !== undefined) {
    // There it is the number of all attempts.
    const attempts = Math.max(0, (retry.number("attempts") ?? 1) - 1);
    parts.fields["retry"] = present({ attempts, backoff: retry.text("initialinterval") });
    retry.end();
  }
  const limit = reader.reader("ratelimit");
  if (limit !== undefined) addLimit(limit, parts);
  reader.end();
}

function addHeaders(reader: Reader, { filters }: RuleParts): void {
  for (const [field, type, own] of [
    ["customrequestheaders", "RequestHeaderModifier", "requestHeaderModifier"],
    ["customresponseheaders", "ResponseHeaderModifier", "responseHeaderModifier"],
  ] as const) {
    const headers = reader.reader(field);
    if (headers === undefined) continue;
    const pairs = headers.names.map((name) => [name, headers.text(name) ?? ""] as const);
    const set = pairs.filter(([, value]) => value !== "");
    const remove = pairs.filter(([, value]) => value === "").map(([name]) => name);
    const modifier = present({
      set: set.length === 0 ? undefined : set.map(([name, value]) => ({ name, value })),
      // An empty value takes the header away.
      remove: remove.length === 0 ? undefined : remove,
    });
    filters.push({ type, [own]: modifier });
  }
  reader.end();
}

function addStrip(reader: Reader, matches: readonly JsonFields[], { filters }: RuleParts): void {
  const prefixes = reader.texts("prefixes").map((prefix) => prefix.replace(/(.)\/$/, "$1"));
  reader.skip("forceslash");
  reader.end();
  const matched = matches.map(({ path }) => path as JsonFields | undefined);
  const isMatched = matched.every(
    (path) => path?.["type"] === "PathPrefix" && prefixes.includes(String(path["value"])),
  );
  if (!isMatched) {
    reader.lost("prefixes", "a prefix is cut off only where each match is by that prefix");
    return;
  }
  const path = { type: "ReplacePrefixMatch", replacePrefixMatch: "/" };
  filters.push({ type: "URLRewrite", urlRewrite: { path } });
}

function addRedirect(reader: Reader, { filters }: RuleParts): void {
  const port = reader.number("port");
  const requestRedirect = present({
    scheme: reader.text("scheme"),
    port,
    statusCode: reader.truth("permanent") === true ? 301 : 302,
  });
  reader.end();
  filters.push({ type: "RequestRedirect", requestRedirect });
}

function addLimit(reader: Reader, { fields }: RuleParts): void {
  const requests = reader.number("average");
  if (requests !== undefined) {
    const burst = Math.max(requests, reader.number("burst") ?? 1);
    fields["rateLimit"] = present({ requests, burst, per: reader.text("period") });
    reader.note("", "counted by each proxy for all clients together, not by client");
  }
  reader.end();
}
