/** A real serin and a real Envoy, that go through route sets one after the other. */
import { Agent } from "node:http";
import type { ExplainJson } from "../../../src/api/explain.ts";
import { envoyBootstrap } from "../../../src/cli/bootstrap-template.ts";
import type { Write } from "../../../src/store/store.ts";
import { type AdminLab, adminLab } from "../admin.ts";
import { ask } from "../asker.ts";
import { unwrap } from "../binaries.ts";
import { type Envoy, startEnvoy } from "../envoy.ts";
import { openedParts } from "../opened.ts";
import { freePorts } from "../ports.ts";
import { eventually } from "../wait.ts";
import { type Backends, numberHeader, type Seen, startBackends } from "./backends.ts";
import { instanceIds, type RouteSet, readyHost, type Surroundings } from "./objects.ts";
import type { MadeRequest } from "./requests.ts";

/** What came of a request over the wire. */
export interface Happened {
  readonly status: number;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: no instance answered. */
  readonly seen: Seen | undefined;
}

export interface RouteScene {
  readonly lab: AdminLab;
  readonly envoy: Envoy;
  readonly backends: Backends;
  readonly around: Surroundings;
  /** Writes the set in place of the last one, and waits until the Envoy goes by it. */
  load(set: RouteSet): Promise<void>;
  send(request: MadeRequest, number: string): Promise<Happened>;
  explain(request: MadeRequest): Promise<ExplainJson>;
  stop(): Promise<void>;
}

export const nodeId = "edge-1";

export async function startRouteScene(sets: number): Promise<RouteScene> {
  const { opened, stop } = openedParts();
  try {
    const backends = opened(await startBackends(instanceIds), (part) => part.close());
    const [builtIn = 0, ...ports] = await freePorts(1 + 2 * sets);
    const lab = opened(await adminLab({ objects: {}, gatewayPort: builtIn }), (part) =>
      part.close(),
    );
    await lab.app.started;
    const xds = unwrap(await lab.app.xds.listen({ host: "127.0.0.1", port: 0 }));
    const bootstrap = envoyBootstrap({ nodeId, cluster: "edge", mode: "delta", servers: [xds] });
    const envoy = opened(await startEnvoy({ bootstrap }), (part) => part.stop());
    const around = { addressOf: backends.addressOf, builtIn, ports };
    return { lab, envoy, backends, around, ...speaker(lab), load: loader(lab), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function loader(lab: AdminLab): (set: RouteSet) => Promise<void> {
  let there: readonly string[] = [];
  return async ({ index, objects, listeners }) => {
    const gone = there.filter((key) => !Object.hasOwn(objects, key));
    const writes: Write[] = [
      ...gone.map((key) => ({ kind: "delete" as const, key })),
      ...Object.entries(objects).map(([key, value]) => ({
        kind: "put" as const,
        key,
        value: Buffer.from(JSON.stringify(value)),
      })),
    ];
    const outcome = await lab.store.transact({ compare: [], writes });
    if (!outcome.ok) throw new Error(outcome.error.message);
    const { revision } = outcome.value;
    there = Object.keys(objects);
    const waited = await lab.get(`/v1/wait?revision=${revision}&timeoutMs=15000&minProxies=1`);
    if (waited.status !== 200) throw new Error(`set ${index}: ${waited.text}`);
    // An ACK comes from Envoy's main thread; its worker follows.
    for (const { port } of listeners) {
      await eventually(async () => (await locationOf(port)).includes(`set-${index}.test`), {
        what: `set ${index} at port ${port}`,
      });
    }
  };
}

async function locationOf(port: number): Promise<string> {
  const agent = new Agent();
  const answer = await ask(agent, { port, headers: { host: readyHost } });
  return String(answer.headers["location"] ?? "");
}

function speaker(lab: AdminLab): Pick<RouteScene, "send" | "explain"> {
  return {
    send: async ({ listener, host, path, method, headers }, number) => {
      // A connection may belong to a listener that is gone.
      const answer = await ask(new Agent(), {
        ...{ port: listener.port, path, method },
        headers: { host, ...Object.fromEntries(headers), [numberHeader]: number },
      });
      const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      const isSeen = answer.body.startsWith("{");
      return {
        status: answer.status,
        headers: Object.fromEntries(given) as Readonly<Record<string, string>>,
        seen: isSeen ? (JSON.parse(answer.body) as Seen) : undefined,
      };
    },
    explain: async (request) => {
      const answer = await lab.get(`/v1/explain?${questionOf(request)}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json as ExplainJson;
    },
  };
}

export function questionOf({ listener, host, path, method, headers }: MadeRequest): string {
  const query = new URLSearchParams({ target: host, path, method, node: nodeId });
  query.set("listener", listener.name);
  for (const [name, value] of headers) query.append("header", `${name}: ${value}`);
  return query.toString();
}
