/** Rules of generated routes: what they match, what they do on the way, where they lead. */
import { type MadeMatch, makeGrpcMatch, makeMatch } from "./conditions.ts";
import type { Dice } from "./dice.ts";

export interface MadeRule {
  readonly json: object;
  readonly matches: readonly MadeMatch[];
}

export interface RuleKind {
  readonly grpc: boolean;
  /** `r1/0`: what the answer says in `x-rule`. */
  readonly mark: string;
}

export function makeRule(dice: Dice, { grpc, mark }: RuleKind): MadeRule {
  const count = dice.chance(0.15) ? 0 : 1 + dice.below(3);
  const matches = Array.from({ length: count }, () => (grpc ? makeGrpcMatch : makeMatch)(dice));
  const isByPrefix = matches.every(({ json }) => isPrefix(json));
  const isRedirect = !grpc && dice.chance(0.15);
  const way = isRedirect ? [redirect(dice, isByPrefix)] : onTheWay(dice, grpc, isByPrefix);
  const marked = {
    type: "ResponseHeaderModifier",
    responseHeaderModifier: answerChanges(dice, mark),
  };
  const json = {
    ...(matches.length > 0 && { matches: matches.map((match) => match.json) }),
    filters: [marked, ...way],
    ...(!isRedirect && destination(dice)),
  };
  return { json, matches };
}

function isPrefix(match: { readonly path?: { readonly type?: string } }): boolean {
  return (match.path?.type ?? "PathPrefix") === "PathPrefix";
}

const answerChanges = (dice: Dice, mark: string): object => ({
  set: [{ name: "x-rule", value: mark }],
  ...(dice.chance(0.2) && { add: [{ name: "x-more", value: "50% off" }] }),
  ...(dice.chance(0.2) && { remove: ["x-served-by"] }),
});

function onTheWay(dice: Dice, grpc: boolean, isByPrefix: boolean): readonly object[] {
  return [
    ...(dice.chance(0.35)
      ? [{ type: "RequestHeaderModifier", requestHeaderModifier: headerChanges(dice) }]
      : []),
    ...(!grpc && dice.chance(0.3)
      ? [{ type: "URLRewrite", urlRewrite: rewrite(dice, isByPrefix) }]
      : []),
    ...(dice.chance(0.3) ? [{ type: "RequestMirror", requestMirror: mirror(dice) }] : []),
  ];
}

const someName = (dice: Dice): string => dice.pick(["x-kind", "X-New", "x-user-id", "x-stage"]);

function headerChanges(dice: Dice): object {
  const action = dice.pick(["set", "add", "remove"]);
  if (action === "remove") return { remove: [someName(dice), "x-none"] };
  const value = dice.pick(["one", "100%", "%REQ(x-kind)%", "a, b", "%%", "é"]);
  const both = dice.chance(0.3) ? { remove: ["x-ver"] } : {};
  return { [action]: [{ name: someName(dice), value }], ...both };
}

function rewrite(dice: Dice, isByPrefix: boolean): object {
  const host = dice.chance(0.4) ? { hostname: "inner.example" } : {};
  const path = dice.chance(0.8) || !("hostname" in host) ? { path: newPath(dice, isByPrefix) } : {};
  return { ...host, ...path };
}

const newPath = (dice: Dice, isByPrefix: boolean): object =>
  isByPrefix && dice.chance(0.7)
    ? { type: "ReplacePrefixMatch", replacePrefixMatch: dice.pick(["/", "/new", "", "/new/"]) }
    : { type: "ReplaceFullPath", replaceFullPath: dice.pick(["/whole", "/a%20b", "/"]) };

const redirect = (dice: Dice, isByPrefix: boolean): object => ({
  type: "RequestRedirect",
  requestRedirect: {
    ...(dice.chance(0.4) && { scheme: dice.pick(["http", "https"]) }),
    ...(dice.chance(0.5) && { hostname: "new.example" }),
    ...(dice.chance(0.6) && { path: newPath(dice, isByPrefix) }),
    ...(dice.chance(0.3) && { port: dice.pick([80, 443, 8443]) }),
    ...(dice.chance(0.5) && { statusCode: dice.pick([301, 302, 303, 307, 308]) }),
  },
});

const mirror = (dice: Dice): object => ({
  backendRef: { name: "api", ...(dice.chance(0.5) && { subset: "v2" }) },
  ...(dice.chance(0.7) && { percent: dice.pick([0, 50, 100, 100]) }),
});

const targets = ["web", "web", "web", "api", "api", "shop", "nobody"] as const;

function backend(dice: Dice): object {
  const name = dice.pick(targets);
  const subset = dice.chance(0.45) ? { subset: dice.pick(["v1", "v2", "v2", "v3"]) } : {};
  const weight = dice.chance(0.5) ? { weight: dice.pick([0, 0, 1, 3, 10]) } : {};
  const filter = { type: "RequestHeaderModifier", requestHeaderModifier: headerChanges(dice) };
  return { name, ...subset, ...weight, ...(dice.chance(0.2) && { filters: [filter] }) };
}

function destination(dice: Dice): object {
  const none = dice.chance(0.05);
  const count = dice.chance(0.6) ? 1 : 2 + dice.below(2);
  const backendRefs = none ? [] : Array.from({ length: count }, () => backend(dice));
  return {
    backendRefs,
    ...(dice.chance(0.35) && { hashSplit: hashSplit(dice) }),
    ...(dice.chance(0.15) && { timeouts: { request: "9s" } }),
    ...(dice.chance(0.15) && { retry: { attempts: 1 } }),
  };
}

export const hashSplit = (dice: Dice): object => ({
  headers: [{ name: "X-User-Id" }, ...(dice.chance(0.25) ? [{ name: "x-shop" }] : [])],
  ...(dice.chance(0.6) && { salt: dice.pick(["r1", "spring:2", "a.b-c"]) }),
});
