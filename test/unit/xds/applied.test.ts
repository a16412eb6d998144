import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../src/proto/encode.ts";
import type { Progress } from "../../../src/snapshot/retirement.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { View } from "../../../src/snapshot/view.ts";
import { reasons } from "../../../src/xds/end-reason.ts";
import { CDS, LDS } from "../snapshot/resources.ts";
import { answer, request, setUp } from "./hub-lab.ts";

/** Two proxies that have ACKed the first clusters, and a change that they have not. */
async function changed() {
  const lab = setUp();
  const { hub, view, open, change } = lab;
  const streams = [open().stream, open().stream] as const;
  for (const stream of streams) {
    stream.receive(request(CDS));
    answer(stream, CDS);
  }
  change(2n, "2");
  const outcomes: Progress[] = [];
  const ask = (timeoutMs = 1_000): void => {
    const { generation } = view.table(CDS);
    void hub.applied(view, CDS, generation, timeoutMs).then((one) => outcomes.push(one));
  };
  ask();
  await nextRound();
  return { ...lab, streams, outcomes, ask };
}

/** Waits look after the turn, and promises are resolved in the next one. */
async function settled(): Promise<void> {
  await nextRound();
  await nextRound();
}

describe("applied", () => {
  it("resolves with the last ACK", async () => {
    const { streams, outcomes, clock } = await changed();
    answer(streams[0], CDS);
    await settled();
    expect(outcomes).toEqual([]);
    answer(streams[1], CDS);
    await settled();
    expect(outcomes).toEqual(["applied"]);
    expect(clock.pending).toBe(0);
  });

  it("resolves at once where nothing is missing, or nobody is there", async () => {
    const { streams, outcomes, ask, hub } = await changed();
    for (const stream of streams) answer(stream, CDS);
    ask();
    await settled();
    expect(outcomes).toEqual(["applied", "applied"]);
    const other = new View("other", { changeLogEntries: 1, milestones: 1 });
    expect(await hub.applied(other, CDS, 1, 0)).toBe("applied");
  });

  it("a rejection is the answer, though others have not answered", async () => {
    const { streams, outcomes } = await changed();
    answer(streams[1], CDS, "no");
    await settled();
    expect(outcomes).toEqual(["rejected"]);
  });

  it("what was rejected before is no answer while a better one is on its way", async () => {
    const { streams, outcomes, change, ask } = await changed();
    answer(streams[0], CDS, "no");
    answer(streams[1], CDS);
    await settled();
    change(3n, "3");
    ask();
    await settled();
    expect(outcomes).toEqual(["rejected"]);
    for (const stream of streams) answer(stream, CDS);
    await settled();
    expect(outcomes).toEqual(["rejected", "applied"]);
  });

  it("gives up when the time is over, and when the hub closes", async () => {
    const { outcomes, clock, ask, hub } = await changed();
    clock.advance(1_000);
    await settled();
    expect(outcomes).toEqual(["pending"]);
    ask();
    hub.close();
    await settled();
    expect(outcomes).toEqual(["pending", "pending"]);
  });

  it("a proxy that leaves is waited for no longer, and one that comes is", async () => {
    const { streams, outcomes, open } = await changed();
    const { stream } = open();
    stream.receive(request(CDS));
    answer(streams[0], CDS);
    streams[1].closed(reasons.cancelled);
    await settled();
    expect(outcomes).toEqual([]);
    answer(stream, CDS);
    await settled();
    expect(outcomes).toEqual(["applied"]);
  });
});

describe("RTDS layers", () => {
  const layers = (...names: readonly string[]): Uint8Array =>
    encodeMessage("envoy.service.discovery.v3.DiscoveryRequest", {
      node: { id: "n" },
      type_url: typeUrls.runtime,
      resource_names: names,
    });

  it("the view is chosen by what the first request asks for, and anew when that changes", () => {
    const asked: (readonly string[])[] = [];
    const plain = new View("plain", { changeLogEntries: 10, milestones: 1 });
    const weights = new View("weights:plain", { changeLogEntries: 10, milestones: 1 });
    const { hub } = setUp((proxy) => {
      asked.push([...proxy.layers]);
      return proxy.layers.has("weights") ? weights : plain;
    });
    const wire = { peer: "", write: () => true, end: () => undefined };
    const stream = hub.open(wire, { variant: "sotw", onlyType: undefined });
    stream?.receive(layers("weights"));
    expect(stream?.view).toBe(weights);
    stream?.receive(layers("weights"));
    stream?.receive(
      encodeMessage("envoy.service.discovery.v3.DiscoveryRequest", { type_url: LDS }),
    );
    expect(asked).toEqual([["weights"]]);
    stream?.receive(layers("other"));
    expect(stream?.view).toBe(plain);
    stream?.receive(layers("other", "weights"));
    expect(stream?.view).toBe(weights);
    expect(asked).toHaveLength(3);
  });

  it("are none where the first request is for another type", () => {
    const asked: number[] = [];
    const { open, view } = setUp(({ layers: { size } }) => {
      asked.push(size);
      return view;
    });
    open().stream.receive(request(CDS));
    expect(asked).toEqual([0]);
  });
});
