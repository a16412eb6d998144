/** What proxies report to one replica, as a signal of every replica: through whole servers. */
import { setImmediate as nextRound } from "node:timers/promises";
import { expect, it } from "vitest";
import { App } from "../../src/app/app.ts";
import { limits } from "../../src/config/limits.ts";
import { silentObserver } from "../../src/xds/observer.ts";
import { eventually } from "../support/wait.ts";
import { LoadClient } from "./load-client.ts";
import { type Content, type Lab, web, withLab } from "./support.ts";

const { lookbackMs, publishMs } = limits.load;

/** Another server over the same store, with the same clock. */
const replicaOf = ({ store, clock }: Lab): App =>
  new App({
    store,
    clock,
    version: "test",
    controlPlane: "serin test",
    defaultGateway: undefined,
    observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
  });

async function ticks(lab: Lab, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    lab.clock.advance(publishMs);
    await nextRound();
  }
}

async function keys({ store }: Lab): Promise<readonly string[]> {
  const listed = await store.list("status/");
  if (!listed.ok) throw new Error(listed.error.message);
  return [...listed.value.entries.keys()];
}

const reportOf = (cluster_name: string, ok: number, errors: number) => ({
  cluster_stats: [
    {
      cluster_name,
      upstream_locality_stats: [
        {
          total_successful_requests: ok,
          total_error_requests: errors,
          total_requests_in_progress: 1,
        },
      ],
      load_report_interval: { seconds: 2 },
    },
  ],
});

const guarded: Content = { ...web, "services/web": { guard: [{}] } };

it("a report to one replica is a signal of all, and costs no build", () =>
  withLab(guarded, async (lab) => {
    const other = replicaOf(lab);
    const client = new LoadClient(lab.port);
    try {
      await other.started;
      await client.introduce("edge-1");
      client.send(reportOf("web/v2", 20, 4));
      await eventually(() => lab.app.load().tally.cluster("web/v2", 0), { what: "the report" });
      const builds = lab.builds.length;
      await ticks(lab, 2);
      for (const { signals } of [lab.app, other]) {
        expect(signals.signal("web", "v2", lookbackMs)).toMatchObject({
          counts: { ok: 20, errors: 4 },
          inProgress: 1,
          reporters: 1,
        });
      }
      expect(await keys(lab)).toHaveLength(2);
      expect(lab.builds).toHaveLength(builds);
    } finally {
      client.close();
      await other.close();
    }
    expect(await keys(lab)).toHaveLength(1);
    await lab.put({ "services/web": {} });
    await nextRound();
    expect(await keys(lab)).toEqual([]);
  }));

it("nothing is written where nothing is judged", () =>
  withLab(web, async (lab) => {
    const { pending } = lab.clock;
    await ticks(lab, 3);
    expect(await keys(lab)).toEqual([]);
    expect(lab.clock.pending).toBe(pending);
  }));
