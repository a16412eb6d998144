/** What serin makes of imported objects: where a request goes at the built-in gateway, as explain tells it. */
import { explainSource } from "../../../src/admin/explain-source.ts";
import type { Decision } from "../../../src/explain/decide.ts";
import { explainRoutes } from "../../../src/explain/explain-routes.ts";
import { arrive, listenerRouting } from "../../../src/explain/listener.ts";
import { routerRequest } from "../../../src/explain/request.ts";
import { servedBy } from "../../../src/explain/source.ts";
import type { ImportedObject } from "../../../src/import/report.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../../../src/translate/translate.ts";
import type { Asked } from "./their-routes.ts";

/** Services that a request may go to; none where it is answered with an error. */
export function ourRoutes(objects: readonly ImportedObject[]): (asked: Asked) => readonly string[] {
  const entries = [...objects, ...instances(objects)].map(({ key, value }) => {
    const bytes = Buffer.from(JSON.stringify(value));
    return [key, { key, value: bytes, modRevision: 1n, createRevision: 1n }] as const;
  });
  const decoded = createDecoder().start({ revision: 1n, entries: new Map(entries) });
  const defaultGateway = builtInGateway({ host: "127.0.0.1", port: 80 });
  const source = explainSource(createTranslator({ defaultGateway })(decoded.state), undefined);
  const served = servedBy(source.gateways[0]?.resources ?? [], servedBy(source.shared));
  const [listener] = served.listeners();
  const routing = listener && listenerRouting(listener.message, "");
  if (routing?.kind !== "http" || typeof routing.routes !== "string") throw new Error("no routes");
  const routes = served.find("route", routing.routes)?.message ?? {};
  return (asked) => {
    const { request } = arrive(routing.manager, routerRequest(written(asked)));
    const { outcomes } = explainRoutes(routes, request);
    const clusters = outcomes.flatMap(({ decision }) => clustersIn(decision));
    return [...new Set(clusters.map((name) => name.split("/")[0] ?? ""))].toSorted();
  };
}

function clustersIn(decision: Decision): readonly string[] {
  if (decision.kind === "cluster") return [decision.cluster];
  if (decision.kind === "unknown") throw new Error(`unknown: ${decision.unknown}`);
  return decision.kind === "split" ? decision.shares.map(({ cluster }) => cluster) : [];
}

/** For services whose instances are not imported: without one, every request ends with an error. */
const instances = (objects: readonly ImportedObject[]): readonly ImportedObject[] =>
  ["red", "blue"]
    .filter((name) => !objects.some(({ key }) => key.startsWith(`endpoints/${name}/`)))
    .map((name) => ({ key: `endpoints/${name}/a`, value: { address: "10.0.0.1:80" } }));

function written({ host, path, method, headers, query, cookies }: Asked) {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const sent = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const cookie = sent.length === 0 ? [] : [["cookie", sent.join("; ")] as const];
  return {
    ...{ host, method, scheme: "http" as const },
    path: pairs.length === 0 ? path : `${path}?${pairs.join("&")}`,
    headers: [...Object.entries(headers), ...cookie],
  };
}
