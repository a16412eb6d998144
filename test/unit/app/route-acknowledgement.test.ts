/** A step of a release that writes no weight is acknowledged with the routes that follow from its status. */
import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { Lab, web } from "../../feature/support.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { statusAt } from "../../support/release-status.ts";

const match = [{ headerName: "X-Tester", headerValue: { exact: "1" } }];
const steps = [{ setWeight: 10 }, { setHeaderRoute: { name: "testers", match } }, { pause: {} }];
const rollout = { strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } } };

let lab: Lab;

beforeEach(async () => {
  lab = new Lab({ ...web, "rollouts/web": rollout, "status/rollouts/web": statusAt(rollout, 0) });
  await lab.app.started;
});

afterEach(() => lab.close());

const types = [typeUrls.cluster, typeUrls.listener, typeUrls.route];

it("waits for the ACK of the routes, also where no weight changes with them", async () => {
  const quick = connectProxy(lab.app.hub, { id: "edge-1" });
  quick.ackAll();
  quick.subscribe(typeUrls.route, ["default/http"]);
  const slow = connectProxy(lab.app.hub, { id: "edge-2" });
  for (const type of types) slow.subscribe(type, type === typeUrls.route ? ["default/http"] : []);
  for (const type of types) {
    await nextRound();
    slow.ack(type);
  }
  const { revision: before } = lab.app.state();
  const behind = (revision: bigint) =>
    lab.app.xds.behind(undefined, { revision }).map(({ stream }) => stream.node?.id);
  await nextRound();
  expect(behind(before)).toEqual([]);
  const routes = slow.received(typeUrls.route).length;

  const revision = await lab.put({ "status/rollouts/web": statusAt(rollout, 1) });
  await nextRound();
  expect(slow.received(typeUrls.route)).toHaveLength(routes + 1);
  expect(behind(revision)).toEqual(["edge-2"]);
  slow.ack(typeUrls.route);
  expect(behind(revision)).toEqual([]);

  // What only people read of it is nothing to wait for.
  const news = statusAt(rollout, 1, { message: "it waits" });
  expect(behind(await lab.put({ "status/rollouts/web": news }))).toEqual([]);
  expect(slow.received(typeUrls.route)).toHaveLength(routes + 1);
});
