import { afterEach, describe, expect, it } from "vitest";
import { dumpDifferences } from "../support/config-dump.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { seed } from "../support/seed.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";

const reconnects = 200;
/** Of answers, some first ones and some changes after them: cuts hit all of these, and what is between. */
const bytesMax = { delta: 1_500, sotw: 6_000 };

type Json = Readonly<Record<string, unknown>>;

/** Envoy finds serin through the proxy, and connects again at once. */
function through(plain: object, { endpoint }: TcpProxy): object {
  const text = JSON.stringify(plain)
    .replaceAll(/"port_value":\d+/g, (found) =>
      found.endsWith(":9901") ? found : `"port_value":${endpoint.split(":").at(-1)}`,
    )
    .replace(
      '"base_interval":"0.25s","max_interval":"5s"',
      '"base_interval":"0.01s","max_interval":"0.05s"',
    );
  return JSON.parse(text) as Json;
}

describe("200 reconnects at random points, while everything changes", () => {
  let scene: Scene | undefined;
  let wire: TcpProxy | undefined;
  afterEach(async () => {
    await scene?.stop();
    await wire?.close();
  });

  it.each(["delta", "sotw"] as const)("lose nothing over %s", async (variant) => {
    const random = seededRandom(seed);
    const upTo = (most: number): number => Math.floor(random() * most);
    const { etcd, remove, envoy, servers, v1, v2 } = await startScene({
      variant,
      bootstrap: async (plain, [server]) => {
        wire = await startTcpProxy(`127.0.0.1:${server?.xdsPort}`);
        return through(plain, wire);
      },
    }).then((started) => {
      scene = started;
      return started;
    });
    const endpointOf = (version: string): Json => ({
      address: `127.0.0.1:${version === "v2" ? v2.port : v1.port}`,
      version,
    });
    const set = (key: string, value: Json): Promise<unknown> =>
      etcd.put(`/serin/${key}`, JSON.stringify(value));
    const change = async (): Promise<void> => {
      const service = `s${upTo(5)}`;
      const kind = upTo(5);
      if (kind === 0) await set("weights/web", { v1: upTo(100), v2: 1 + upTo(100) });
      else if (kind === 1) await set(`endpoints/${service}/a`, endpointOf(`v${1 + upTo(3)}`));
      else if (kind === 2) await etcd.del(`/serin/endpoints/${service}/a`);
      else if (kind === 3)
        await set(`services/${service}`, { timeouts: { connect: `${1 + upTo(9)}s` } });
      else await set(`endpoints/web/x${upTo(3)}`, endpointOf(`v${1 + upTo(3)}`));
    };
    const startedAt = performance.now();
    for (let count = 0; count < reconnects; count += 1) {
      let isCut = false;
      void wire?.cutAfter(1 + upTo(bytesMax[variant])).then(() => {
        isCut = true;
      });
      await eventually(
        async () => {
          await change();
          return isCut;
        },
        { what: `cut ${count} (seed ${seed})`, timeoutMs: 10_000, intervalMs: 0 },
      );
    }
    const [server] = servers;
    await etcd.put("/serin/weights/web", JSON.stringify({ v1: 30, v2: 70 }));
    await remove("endpoints/web/x0");
    if (server === undefined) throw new Error("no server");
    await eventually(
      async () => {
        const found = await dumpDifferences(server, envoy, "weights:default");
        if (found.length > 0) throw new Error(found.slice(0, 5).join("\n"));
        return true;
      },
      { what: `Envoy to have the snapshot (seed ${seed})`, timeoutMs: 30_000, intervalMs: 200 },
    );
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    // Envoy shows what it took before the ACK of it has arrived.
    await eventually(
      async () => {
        const [proxy] = await server.proxies();
        const found = proxy?.types.map(({ status }) => status) ?? [];
        return found.length === 5 && found.every((status) => status === "SYNCED");
      },
      { what: `five types to be SYNCED (seed ${seed})`, timeoutMs: 5_000, intervalMs: 50 },
    );
    expect(server.logs()).not.toContain("ended by a bug");
    for (const [name, value] of await envoy.stats(/update_rejected/))
      expect([name, value]).toEqual([name, 0]);
  });
});
