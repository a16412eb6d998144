/** What keeps requests out in APISIX, and cannot here: without it everybody would come in. */
import { isFields, type Reader } from "../reader.ts";
import type { Report } from "../report.ts";

const protective =
  /-auth$|^(?:ip|ua|referer|consumer)-restriction$|^(?:authz|openid|cas|opa|csrf|wolf|uri-blocker)/;

/** Whether a plugin keeps requests out in a way that serin has not. */
export function keepsOut(plugins: Reader): boolean {
  const guard = plugins.names.find((each) => protective.test(each));
  if (guard === undefined) return false;
  plugins.any(guard);
  plugins.lost(guard, "serin cannot keep out whom it keeps out: the route is left out");
  return true;
}

/** The first global rule that keeps requests out of every route, or that nobody can read. */
export function globalGuard(
  rules: ReadonlyMap<string, unknown>,
  report: Report,
): string | undefined {
  let guard: string | undefined;
  for (const [id, rule] of rules) {
    const source = `global_rules/${id}`;
    report.lost(source, "", "serin has no plugins for all routes");
    const plugins = isFields(rule) ? (rule["plugins"] ?? {}) : undefined;
    const keeps = isFields(plugins)
      ? Object.keys(plugins).find((each) => protective.test(each))
      : "what it says, which cannot be read,";
    if (keeps !== undefined) guard ??= `${keeps} of ${source}`;
  }
  return guard;
}
