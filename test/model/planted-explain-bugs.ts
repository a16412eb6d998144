/** Bugs that a careless hand might plant in explain: as patches of the text. */
import type { PlantedBug } from "./planted-bugs.ts";

export const plantedExplainBugs: readonly PlantedBug[] = [
  {
    name: "a prefix takes half a segment",
    file: "explain/match.ts",
    find: "const holds = given === wanted || ",
    replace: "const holds = given.startsWith(wanted) || ",
    why: "/cart does not take /cartx",
  },
  {
    name: "an expression may match a part",
    file: "explain/text-match.ts",
    find: "compile(matcher).matches(value)",
    replace: "compile(matcher).matcher(value).find()",
    why: "the whole value must match",
  },
  {
    name: "a header that is missing counts as empty",
    file: "explain/header-match.ts",
    find: "return values !== undefined && values.some(condition) !== inverted;",
    replace: 'return (values ?? [""]).some(condition) !== inverted;',
    why: "what is missing fits no condition",
  },
  {
    name: "the shortest wildcard is taken",
    file: "explain/virtual-host.ts",
    find: "2 * kind + domain.length",
    replace: "2 * kind - domain.length",
    why: "the longest suffix is the nearest",
  },
  {
    name: "a split by user begins at its last part",
    file: "explain/decide.ts",
    find: "const picked = spans.find(({ to }) => value < to);",
    replace: "const picked = spans.findLast(({ from }) => value >= sum - from - 1);",
    why: "the clusters take the hash in their order",
  },
  {
    name: "what is done at a part is that of the first to the same cluster",
    file: "explain/decide.ts",
    find: "findIndex(({ to }) => decision.value < to)",
    replace: "findIndex(({ cluster }) => decision.cluster === cluster)",
    why: "a lane's share and the rest may lead to one cluster",
  },
  {
    name: "a header is set to the format of its value",
    file: "explain/changes.ts",
    find: '(part === "%%" ? "%" : part)',
    replace: "part",
    why: "Envoy makes one sign of per cent of two",
  },
  {
    name: "a redirect takes its host's port along",
    file: "explain/redirect.ts",
    find: 'const kept = changes ? authority.replace(own, "") : authority;',
    replace: "const kept = authority;",
    why: "another scheme has another port",
  },
  {
    name: "a rewritten prefix is put before the whole path",
    file: "explain/redirect.ts",
    find: "path.slice(matchedLength(match, path))",
    replace: "path",
    why: "the prefix is replaced",
  },
  {
    name: "a call with an escaped slash is sent elsewhere",
    file: "explain/listener.ts",
    find: " || (redirects && isGrpc(request))",
    replace: "",
    why: "no client of gRPC follows a redirect",
  },
];
