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

/** They send requests elsewhere, or to other paths of the service, in ways that serin has not. */
const diverting: ReadonlySet<string> = new Set([
  ...["addprefix", "redirectregex", "replacepathregex", "stripprefixregex"],
]);

/** Fields of `headers` that answer requests which would reach the service without them. */
const protectiveHeaders = /^(?:allowedhosts|ssl(?:redirect|temporaryredirect|host|forcehost))$/;

/** Without these nobody comes in who did not; what of them serin has not is told, as limits of load are. */
const harmless: ReadonlySet<string> = new Set([
  ...["buffering", "chain", "circuitbreaker", "compress", "contenttype", "errors", "grpcweb"],
  ...["headers", "inflightreq", "ratelimit", "redirectscheme", "replacepath", "retry"],
  "stripprefix",
]);

/** Middlewares of a router, chains followed: more would be a mistake, or a chain within itself. */
const mostMiddlewares = 256;

interface Middleware {
  readonly name: string;
  readonly tree: Readonly<Record<string, unknown>>;
}

/** Those of a router, chains opened. Fails where one keeps requests out, or may: the router lets nobody in. */
export function middlewaresOf(
  trees: Readonly<Record<string, unknown>>,
  used: readonly unknown[],
): Result<readonly Middleware[], string> {
  const all: Middleware[] = [];
  const left = namesOf(used);
  if (left === undefined) return err("one of them cannot be read");
  for (let step = 0; left.length > 0; step += 1) {
    const name = left.shift() ?? "";
    if (step >= mostMiddlewares || left.length > mostMiddlewares) {
      return err(`more than ${mostMiddlewares} middlewares, or a chain within itself`);
    }
    const opened = open(trees, name);
    if (!opened.ok) return opened;
    const { own, within } = opened.value;
    if (own !== undefined) all.push(own);
    left.unshift(...within);
  }
  return ok(all);
}

interface Opened {
  /** Undefined: it is only a chain. */
  readonly own: Middleware | undefined;
  readonly within: readonly string[];
}

function open(trees: Readonly<Record<string, unknown>>, name: string): Result<Opened, string> {
  const own = plainName(name);
  const tree = Object.hasOwn(trees, own) ? trees[own] : undefined;
  if (!isFields(tree)) return err(`${name} is not here, and nobody knows whom it keeps out`);
  const problem = kindProblem(name, tree);
  if (problem !== undefined) return err(problem);
  const { chain, ...others } = tree;
  const within = chain === undefined ? [] : chained(chain);
  if (within === undefined) return err(`${name} names a middleware that cannot be read`);
  const isOnlyChain = Object.keys(others).length === 0;
  return ok({ own: isOnlyChain ? undefined : { name: own, tree: others }, within });
}

function kindProblem(name: string, tree: Middleware["tree"]): string | undefined {
  const kinds = Object.keys(tree);
  const { headers } = tree;
  const fields = isFields(headers) ? Object.keys(headers) : [];
  const keepsOut = kinds.some((kind) => protective.has(kind));
  if (keepsOut || fields.some((field) => protectiveHeaders.test(field))) {
    return `serin cannot keep out whom ${name} keeps out`;
  }
  if (kinds.some((kind) => diverting.has(kind))) {
    return `serin cannot send requests where ${name} sends them`;
  }
  if (kinds.length > 0 && kinds.every((kind) => harmless.has(kind))) return undefined;
  return `${name} is of a kind that serin does not know, and may keep requests out`;
}

const chained = (chain: unknown): readonly string[] | undefined =>
  isFields(chain)
    ? namesOf(new Reader(chain, "", "", new Report()).list("middlewares"))
    : undefined;

/** One value may name several: `a,b`. Undefined: one of them is no text. */
function namesOf(listed: readonly unknown[]): string[] | undefined {
  const texts = listed.filter((each) => typeof each === "string");
  if (texts.length < listed.length) return undefined;
  return texts.flatMap((value) => value.split(",")).flatMap((name) => name.trim() || []);
}

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
