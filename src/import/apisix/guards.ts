/** What keeps requests out in APISIX, and cannot here: without it everybody would come in. */
import { isFields, type Reader } from "../reader.ts";
import { closedInstead, type Report } from "../report.ts";

/**
 * Without these nobody comes in who did not; what of them serin has not is told, as limits of load are. One that is
 * not among them may keep requests out, whatever its name.
 * https://apisix.apache.org/docs/apisix/plugins/
 */
const harmless: ReadonlySet<string> = new Set([
  ...["traffic-split", "proxy-rewrite", "redirect", "response-rewrite", "cors", "gzip", "brotli"],
  ...["limit-req", "limit-conn", "limit-count", "client-control", "api-breaker"],
  ...["proxy-cache", "proxy-mirror", "proxy-control", "request-id", "error-page", "real-ip"],
  ...["grpc-transcode", "grpc-web", "prometheus", "node-status", "server-info", "log-rotate"],
  ...["zipkin", "skywalking", "opentelemetry", "datadog", "loggly", "echo"],
]);

const logger = /-logger$/;

export const isOff = (plugin: unknown): boolean =>
  isFields(plugin) && isFields(plugin["_meta"]) && plugin["_meta"]["disable"] === true;

const mayKeepOut = (name: string, plugin: unknown): boolean =>
  !harmless.has(name) && !logger.test(name) && !isOff(plugin);

/** Whether a plugin keeps requests out in a way that serin has not, or may. */
export function keepsOut(plugins: Reader): boolean {
  const guards = plugins.names.filter((each) => mayKeepOut(each, plugins.peek(each)));
  for (const guard of guards) {
    plugins.skip(guard);
    plugins.lost(guard, `it keeps requests out, or may, and serin cannot: ${closedInstead}`);
  }
  return guards.length > 0;
}

/** The first global rule that keeps requests out of every route, or may, or that nobody can read. */
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
      ? Object.entries(plugins).find(([name, plugin]) => mayKeepOut(name, plugin))?.[0]
      : "what it says, which cannot be read,";
    if (keeps !== undefined) guard ??= `${keeps} of ${source}`;
  }
  return guard;
}
