/** Matches of serin's routes from rules of Traefik's, by the hosts that they are for. */
import { err, ok, type Result } from "../../lib/result.ts";
import { type JsonFields, present } from "../report.ts";
import { type Matcher, parseRule } from "./rule-syntax.ts";

/** Routes of the same hosts. */
export interface HostMatches {
  /** Empty: every host. */
  readonly hostnames: readonly string[];
  readonly matches: readonly JsonFields[];
}

export interface RuleMatches {
  readonly groups: readonly HostMatches[];
  /** Alternatives that cannot be carried over, and are left out: why. */
  readonly left: readonly string[];
  /** What is not quite the same here. */
  readonly notes: readonly string[];
}

/** Fails where it is no rule. */
export function ruleMatches(rule: string): Result<RuleMatches, string> {
  const parsed = parseRule(rule);
  if (!parsed.ok) return parsed;
  const groups = new Map<string, { hostnames: readonly string[]; matches: JsonFields[] }>();
  const left: string[] = [];
  const notes = new Set<string>();
  for (const matchers of parsed.value) {
    const made = alternative(matchers, notes);
    if (!made.ok) {
      left.push(made.error);
      continue;
    }
    const { hostnames, matches } = made.value;
    const key = hostnames.join(" ");
    const group = groups.get(key) ?? { hostnames, matches: [] };
    group.matches.push(...matches);
    groups.set(key, group);
  }
  return ok({ groups: [...groups.values()], left, notes: [...notes] });
}

interface Parts {
  hostnames: readonly string[] | undefined;
  path: JsonFields | undefined;
  paths: readonly JsonFields[];
  method: string | undefined;
  methods: readonly string[];
  readonly headers: JsonFields[];
  readonly queryParams: JsonFields[];
}

function alternative(
  matchers: readonly Matcher[],
  notes: Set<string>,
): Result<HostMatches, string> {
  const parts: Parts = {
    ...{ hostnames: undefined, path: undefined, paths: [], method: undefined, methods: [] },
    ...{ headers: [], queryParams: [] },
  };
  for (const matcher of matchers) {
    const problem = add(parts, matcher, notes);
    if (problem !== undefined) return err(problem);
  }
  const twice = namedTwice(parts);
  if (twice !== undefined) return err(`two conditions on ${twice} at once`);
  const paths = parts.paths.length === 0 ? [undefined] : parts.paths;
  const methods = parts.methods.length === 0 ? [undefined] : parts.methods;
  const { headers, queryParams } = parts;
  const matches = paths.flatMap((path) =>
    methods.map((method) =>
      present({
        path,
        method,
        headers: headers.length === 0 ? undefined : headers,
        queryParams: queryParams.length === 0 ? undefined : queryParams,
      }),
    ),
  );
  return ok({ hostnames: [...(parts.hostnames ?? [])].sort(), matches });
}

/** Of conditions on one name only the first would count. */
export function namedTwice({ headers = [], queryParams = [] }: NamedMatches): string | undefined {
  const names = [
    ...headers.map(({ name }) => `the header ${String(name).toLowerCase()}`),
    ...queryParams.map(({ name }) => `the query parameter ${String(name)}`),
  ];
  return names.find((name, at) => names.indexOf(name) !== at);
}

export interface NamedMatches {
  readonly headers?: readonly JsonFields[];
  readonly queryParams?: readonly JsonFields[];
}

/** What cannot be said here, as a sentence. */
function add(parts: Parts, { name, args, negated }: Matcher, notes: Set<string>) {
  const [first = "", second] = args;
  if (negated) return `!${name}(…): serin has no negation`;
  switch (name) {
    case "host":
    case "hostheader":
      if (parts.hostnames !== undefined) return "two conditions on the host at once";
      parts.hostnames = args.map((each) => each.toLowerCase());
      return undefined;
    case "hostregexp":
      return addHostPattern(parts, args, notes);
    case "path":
    case "pathprefix":
    case "pathregexp":
      return addPath(parts, name, args, notes);
    case "method":
      if (parts.methods.length > 0) return "two conditions on the method at once";
      parts.methods = args.map((each) => each.toUpperCase());
      return undefined;
    case "header":
    case "headers":
    case "headerregexp":
    case "headersregexp": {
      if (second === undefined) return `${name} needs a name and a value`;
      parts.headers.push(valued(first, second, name.endsWith("regexp")));
      return undefined;
    }
    case "query":
    case "queryregexp": {
      // Version 2 wrote `name=value`.
      const [key = "", value = second] = second === undefined ? cut(first) : [first, second];
      if (value === undefined) return "query without a value: serin wants one";
      parts.queryParams.push(valued(key, value, name.endsWith("regexp")));
      return undefined;
    }
    default:
      return `${name}(…): serin has no such condition`;
  }
}

/** `{sub:[a-z]+}.example.com` of version 2, `^[a-z]+\.example\.com$` of version 3. */
function addHostPattern(
  parts: Parts,
  args: readonly string[],
  notes: Set<string>,
): string | undefined {
  if (parts.hostnames !== undefined) return "two conditions on the host at once";
  const hosts = args.map((each) =>
    /^(?:\^?(?:\[a-z0-9-\]\+|\[\^\.\]\+|\.\+|\.\*)\\\.|\{[a-z0-9_]+(?::(?:\[a-z0-9-\]\+|\[a-z\]\+|\[\^\.\]\+|\.\+|\.\*))?\}\.)((?:[a-z0-9-]+\\?\.)*[a-z0-9-]+)\$?$/i.exec(
      each,
    ),
  );
  if (hosts.some((found) => found === null)) {
    return "hostregexp(…): serin has exact hosts and *.suffix";
  }
  parts.hostnames = hosts.map(
    (found) => `*.${(found?.[1] ?? "").replaceAll("\\", "").toLowerCase()}`,
  );
  for (const [at, host] of parts.hostnames.entries()) {
    if (/\.[+*]/.test(args[at] ?? "")) continue;
    notes.add(`${args[at]} is ${host} here, which takes every name below it`);
  }
  return undefined;
}

function addPath(
  parts: Parts,
  name: string,
  args: readonly string[],
  notes: Set<string>,
): string | undefined {
  if (parts.paths.length > 0) return "two conditions on the path at once";
  if (args.some((each) => name !== "pathregexp" && /[{}]/.test(each))) {
    return `${name} with a pattern in braces`;
  }
  if (name === "pathprefix" && args.some((each) => each !== "/")) {
    notes.add("a prefix takes whole segments here: /api takes /api/x, and not /apix");
  }
  for (const each of name === "pathprefix" ? args : []) {
    if (/.\/$/.test(each)) notes.add(`${each} takes ${each.slice(0, -1)} itself here as well`);
  }
  parts.paths = args.map((value) => {
    if (name === "path") return { type: "Exact", value };
    if (name === "pathregexp") return { type: "RegularExpression", value: wholeMatch(value) };
    return { type: "PathPrefix", value: value === "/" ? value : value.replace(/\/$/, "") };
  });
  return undefined;
}

const valued = (name: string, value: string, isRegex: boolean): JsonFields =>
  isRegex ? { type: "RegularExpression", name, value: wholeMatch(value) } : { name, value };

/** Elsewhere a part that matches is enough; here it must be all of it. */
export function wholeMatch(regex: string): string {
  // A flag holds for all branches that come after it, but not out of a group.
  const [flags = ""] = /^(?:\(\?[a-zA-Z]{1,8}\))*/.exec(regex) ?? [];
  return flags + branches(regex.slice(flags.length)).map(wholeBranch).join("|");
}

function wholeBranch(regex: string): string {
  const begins = regex.startsWith("^");
  const ends = regex.endsWith("$") && !regex.endsWith("\\$");
  const inner = regex.slice(begins ? 1 : 0, ends ? -1 : undefined);
  if (begins && ends) return inner;
  return `${begins ? "" : ".*"}(?:${inner})${ends ? "" : ".*"}`;
}

/** `^/a|/b$` holds an anchor in each of its branches. */
function branches(regex: string): readonly string[] {
  const all = [""];
  let depth = 0;
  for (const token of regex.match(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|./gs) ?? []) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (token === "|" && depth === 0) all.push("");
    else all.push(`${all.pop() ?? ""}${token}`);
  }
  return all;
}

function cut(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
