/** What `serin explain` says offline, from the values that stand in a real etcd. */
import { explainSource } from "../../src/admin/explain-source.ts";
import { type Explanation, explainRoutes } from "../../src/explain/explain-routes.ts";
import { arrive, listenerRouting } from "../../src/explain/listener.ts";
import { routerRequest } from "../../src/explain/request.ts";
import { servedBy } from "../../src/explain/source.ts";
import { createDecoder } from "../../src/store/decode/decoder.ts";
import { builtInGateway } from "../../src/translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../../src/translate/translate.ts";
import type { Etcd } from "./etcd.ts";

interface EtcdRange {
  readonly kvs?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly mod_revision: number;
    readonly create_revision: number;
  }[];
}

/** Of a request at the built-in gateway. */
export interface OfflineQuestion {
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads everything under `/serin/`, once; translates it as serin does, and decodes it once for many
 * questions.
 */
export async function offlineExplain(
  etcd: Etcd,
  gatewayPort: number,
): Promise<(question: OfflineQuestion) => Explanation> {
  const text = await etcd.etcdctl(["get", "--prefix", "/serin/", "-w", "json"]);
  const { kvs = [] } = JSON.parse(text) as EtcdRange;
  const entries = kvs.map(({ key, value = "", mod_revision, create_revision }) => {
    const name = Buffer.from(key, "base64").toString().slice("/serin/".length);
    const entry = {
      key: name,
      value: Buffer.from(value, "base64"),
      modRevision: BigInt(mod_revision),
      createRevision: BigInt(create_revision),
    };
    return [name, entry] as const;
  });
  const decoded = createDecoder().start({ revision: 1n, entries: new Map(entries) });
  const defaultGateway = builtInGateway({ host: "127.0.0.1", port: gatewayPort });
  const source = explainSource(createTranslator({ defaultGateway })(decoded.state), undefined);
  const [gateway] = source.gateways;
  const served = servedBy(gateway?.resources ?? [], servedBy(source.shared));
  const [listener] = served.listeners();
  const routing = listener && listenerRouting(listener.message, "");
  if (routing?.kind !== "http" || typeof routing.routes !== "string") throw new Error("no routes");
  const routes = served.find("route", routing.routes)?.message ?? {};
  const { manager } = routing;
  return ({ host, headers }) => {
    const asked = { host, path: "/", method: "GET", scheme: "http" as const, headers };
    return explainRoutes(routes, arrive(manager, routerRequest(asked)).request);
  };
}

/** The one cluster that the answer leads to; throws where there is none, or chance takes part. */
export function clusterOf(explanation: Explanation): string {
  const [outcome, ...others] = explanation.outcomes;
  const decision = outcome?.decision;
  if (others.length === 0 && decision?.kind === "cluster") return decision.cluster;
  if (others.length === 0 && decision?.kind === "split" && decision.by === "hash") {
    return decision.cluster;
  }
  throw new Error(`not one cluster: ${JSON.stringify(explanation)}`);
}
