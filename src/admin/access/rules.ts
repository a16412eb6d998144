/** What each route asks of whoever calls it. */
import type { Operation } from "../../api/operation.ts";
import { operations } from "../../api/operations.ts";
import { honoPath } from "../hono-path.ts";

/** `page`: anybody, and a link from anywhere leads to it. `anyone`: the same, but from no other site. */
export type Rule = "page" | Operation["role"];

const rules: ReadonlyMap<string, Rule> = new Map(
  operations.map((each: Operation) => [`${each.method} ${honoPath(each)}`, each.role]),
);

/** By the pattern of a route. What nobody has said is for those who may read, or for admins. */
export function ruleOf(method: string, pattern: string): Rule {
  const rule = rules.get(`${method} ${pattern}`);
  if (rule !== undefined) return rule;
  if (method !== "GET") return "admin";
  return pattern === "/" || pattern.startsWith("/assets/") ? "page" : "viewer";
}
