/** What the store says of the routes that a request meets, or does not meet where it should. */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { AnsweredRoutes } from "./answer.ts";
import type { NamedRoute } from "./source.ts";
import { fitsDomain } from "./virtual-host.ts";

/** A diagnostic without the revision of its value. */
export type Why = Omit<Diagnostic, "revision">;

/**
 * Why the proxy answers by itself with an error, and why routes that have this hostname are not
 * here: what the diagnostics have of them.
 */
export function whyOf(
  { outcomes, origins, unattached }: AnsweredRoutes,
  diagnostics: readonly Diagnostic[],
): readonly Why[] {
  const failing = outcomes.flatMap(({ route, decision }, index) =>
    decision.kind === "response" && decision.status >= 500
      ? [{ rule: ruleOf(route), keys: origins[index] ?? [] }]
      : [],
  );
  const tells = ({ key, path }: Diagnostic): boolean =>
    unattached.includes(key) ||
    failing.some(({ rule, keys }) => keys.includes(key) && isAbout(path, rule));
  return diagnostics
    .filter(tells)
    .map(({ severity, code, key, path, message }) => ({ severity, code, key, path, message }));
}

/** Routes are called after their object, rule and match: `shop/0/1` is of rule 0. */
const ruleOf = (route: string): string => route.split("/")[1] ?? "";

/** What is said of no rule is about all of them. */
function isAbout(path: string, rule: string): boolean {
  const [, named] = /(?:^|\.)rules\[(\d+)\]/.exec(path) ?? [];
  return named === undefined || named === rule;
}

/** Keys of the routes that have the host by name, whether or not they are at this listener. */
export const routesOfHost = (routes: Iterable<NamedRoute>, host: string): readonly string[] =>
  [...routes]
    .filter(({ hostnames }) => hostnames.some((name) => name !== "*" && fitsDomain(name, host)))
    .map(({ origin }) => origin);
