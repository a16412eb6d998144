import { describe, expect, it } from "vitest";
import { startLoad } from "../support/load.ts";
import { startScene } from "../support/scene.ts";
import { forget, type Serin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

interface SnapshotReport {
  readonly views: readonly {
    readonly types: readonly {
      readonly type: string;
      readonly resources: readonly { readonly name: string; readonly version: string }[];
    }[];
  }[];
}

const versions = async (server: Serin): Promise<Readonly<Record<string, string>>> => {
  const { views } = await server.api<SnapshotReport>("/v1/snapshot");
  const resources = views.flatMap(({ types }) =>
    types.flatMap(({ type, resources }) =>
      resources.map(({ name, version }) => [`${type} ${name}`, version] as const),
    ),
  );
  return Object.fromEntries(resources);
};

const isConnected = async (server: Serin): Promise<boolean> => (await server.proxies()).length > 0;

describe.each(["delta", "sotw"] as const)("two servers on one etcd, over %s", (variant) => {
  it("loses no request and changes no version when Envoy's server is killed", async () => {
    const scene = await startScene({ variant, servers: 2 });
    try {
      const [first, second] = scene.servers as readonly [Serin, Serin];
      const [used, spare] = (await isConnected(first)) ? [first, second] : [second, first];
      const before = await versions(used);
      const updatesBefore = await scene.envoy.stats(/cluster_manager\.cluster_(added|modified)/);
      const load = startLoad({ port: scene.port, headers: { host: "web" }, rate: 500 });
      await used.kill();
      await forget(used, scene.etcd);
      await eventually(() => isConnected(spare), {
        what: "Envoy at the other server",
        timeoutMs: 15_000,
      });
      await scene.apply("weights/web", { v1: 0, v2: 100 });
      load.take();
      await eventually(() => load.report().total > 0, { what: "more requests" });
      await scene.apply("weights/web", { v1: 90, v2: 10 });
      const after = await versions(spare);
      const report = await load.stop();
      expect(report.failures).toEqual({});
      expect(after).toEqual(before);
      expect(await scene.envoy.stats(/cluster_manager\.cluster_(added|modified)/)).toEqual(
        updatesBefore,
      );
    } finally {
      await scene.stop();
    }
  });
});
