import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { View } from "../../../src/snapshot/view.ts";
import { internal, reasons } from "../../../src/xds/end-reason.ts";
import type { XdsStream } from "../../../src/xds/stream.ts";
import { bundle, bundles, CDS, EDS, LDS, resource } from "../snapshot/resources.ts";
import { ArrayWire, answer, request, setUp } from "./hub-lab.ts";

describe("Hub", () => {
  it("refuses one stream more than it may have, and takes one again when one has gone", () => {
    const { hub, open } = setUp();
    const { stream } = open();
    for (let n = 1; n < limits.xds.streams; n++) open();
    const wire = new ArrayWire();
    expect(hub.open(wire, { variant: "sotw", onlyType: undefined })).toBeUndefined();
    expect(wire.ends).toEqual([reasons.tooManyStreams]);
    stream.closed(reasons.cancelled);
    open();
    expect(hub.streams.size).toBe(limits.xds.streams);
  });

  it.each([
    ["delta", ["x", "y"]],
    ["delta", ["y", "x"]],
    ["sotw", ["x", "y"]],
    ["sotw", ["y", "x"]],
  ] as const)(
    "what each %s stream of a node left unanswered is sent again: %s",
    (variant, order) => {
      const { view, hub } = setUp();
      const resources = ["x", "y"].map((name) => resource(EDS, name));
      view.apply(2n, bundles(bundle("e", ...resources)), 0);
      const ask = (name: string, shown: object): { stream: XdsStream; sent: () => number } => {
        const wire = new ArrayWire();
        const stream = hub.open(wire, { variant, onlyType: EDS });
        if (stream === undefined) throw new Error("refused");
        const node = { id: "n", user_agent_name: "envoy" };
        stream.receive(
          variant === "delta"
            ? encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
                node,
                resource_names_subscribe: [name],
                ...shown,
              })
            : encodeMessage("envoy.service.discovery.v3.DiscoveryRequest", {
                node,
                resource_names: [name],
                ...shown,
              }),
        );
        return { stream, sent: () => wire.written.length };
      };
      const shownOf = (name: string): object => {
        const version = view.table(EDS).get(name)?.version ?? "";
        return variant === "delta"
          ? { initial_resource_versions: { [name]: version } }
          : { version_info: view.table(EDS).versionOf(new Set([name])) };
      };
      const first = ["x", "y"].map((name) => ask(name, {}));
      for (const { stream } of first) stream.closed(reasons.cancelled);
      // What they show is all that there is: only what they were sent last makes it doubtful.
      for (const name of order) {
        const again = ask(name, shownOf(name));
        expect(again.sent()).toBe(1);
      }
    },
  );

  it("a stream that comes before the first state is served by reselect", () => {
    let view: View | undefined;
    const { view: first, hub, open } = setUp(() => view);
    const { stream, wire } = open();
    stream.receive(request(CDS));
    hub.reselect();
    expect(wire.written).toHaveLength(0);
    view = first;
    hub.reselect();
    expect(wire.written).toHaveLength(1);
    expect(hub.viewsInUse()).toEqual(new Set([first]));
  });

  it("a wake-up is one look, however many changes it stands for, and is told once", async () => {
    const { open, change, pushes } = setUp();
    const streams = [open(), open(), open()];
    for (const { stream } of streams) stream.receive(request(CDS));
    await nextRound();
    pushes.length = 0;
    for (const { stream, wire } of streams) {
      expect(wire.written).toHaveLength(1);
      const nonce = stream.types.get(CDS)?.inFlight?.nonce ?? "";
      stream.receive(
        encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
          type_url: CDS,
          response_nonce: nonce,
        }),
      );
    }
    for (let n = 2; n < 50; n++) change(BigInt(n), `${n}`);
    await nextRound();
    expect(streams.map(({ wire }) => wire.written.length)).toEqual([2, 2, 2]);
    expect(pushes).toMatchObject([{ typeUrl: CDS, names: ["a"], streams: 3, resources: 1 }]);
  });

  it("pumps as many streams in one turn as fit its time, each once, and tells of one round", async () => {
    const { clock, open, change, pushes } = setUp();
    const streams = Array.from({ length: 7 }, open);
    for (const { stream, wire } of streams) {
      stream.receive(request(CDS));
      answer(stream, CDS);
      const write = wire.write.bind(wire);
      wire.write = (bytes) => {
        clock.spend(limits.xds.pushTurnMs / 2);
        return write(bytes);
      };
    }
    await nextRound();
    pushes.length = 0;
    const perTurn: number[] = [];
    const written = (): number => streams.reduce((sum, { wire }) => sum + wire.written.length, -7);
    change(2n, "2");
    while (written() < 7) {
      const before = written();
      await nextRound();
      perTurn.push(written() - before);
    }
    expect(perTurn).toEqual([2, 2, 2, 1]);
    expect(streams.map(({ wire }) => wire.written.length)).toEqual(streams.map(() => 2));
    expect(pushes).toMatchObject([{ streams: 7 }]);
  });

  it("writes nothing more to a wire that takes no more, until it does", async () => {
    const { open, change } = setUp();
    const { stream, wire } = open();
    wire.takesMore = false;
    stream.receive(request(CDS));
    stream.receive(request(EDS));
    for (let n = 2; n < 10; n++) change(BigInt(n), `${n}`);
    await nextRound();
    expect(wire.written).toHaveLength(1);
    stream.drained();
    expect(wire.written).toHaveLength(2);
  });

  it("ends a stream once, whoever asks and how often", () => {
    const { hub, open, closed } = setUp();
    const { stream, wire } = open();
    stream.receive(request(CDS));
    stream.end(reasons.draining);
    stream.end(reasons.clientEnded);
    stream.closed(reasons.cancelled);
    stream.receive(request(CDS, "other"));
    stream.drained();
    stream.pump();
    stream.reselect();
    expect(wire.ends).toEqual([reasons.draining]);
    expect(wire.written).toHaveLength(1);
    expect(closed).toHaveLength(1);
    expect(hub.streams.size).toBe(0);
  });

  it("a bug of one stream in a round is that stream's end, and the others are served", async () => {
    const { open, change, closed } = setUp();
    const [first, second] = [open(), open()];
    for (const { stream } of [first, second]) {
      stream.receive(request(CDS));
      const nonce = stream.types.get(CDS)?.inFlight?.nonce ?? "";
      stream.receive(
        encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
          type_url: CDS,
          response_nonce: nonce,
        }),
      );
    }
    const bug = new Error("planted");
    first.wire.write = () => {
      throw bug;
    };
    change(2n, "2");
    await nextRound();
    expect(first.wire.ends).toEqual([internal(bug)]);
    expect(closed).toMatchObject([{ bug }]);
    expect(second.wire.written).toHaveLength(2);
  });

  it("lets go of retiring clusters though no stream is left, and then rests", () => {
    const { hub, view, clock } = setUp();
    view.apply(2n, bundles(), clock.monotonicMs());
    hub.changed(view);
    clock.advance(limits.xds.retireGraceMs + 2 * limits.xds.sweepIntervalMs);
    expect(view.table(CDS).size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("a proxy that moves loses no cluster before it has the listeners and routes of its view", async () => {
    const of = (name: string): View => {
      const content = bundle(name, resource(CDS, name), resource(LDS, "l", name));
      const view = new View(name, { changeLogEntries: 100, milestones: 4 });
      view.apply(1n, bundles(content), 0);
      return view;
    };
    const [from, to] = [of("a"), of("b")];
    let view = from;
    const { hub, clock, open } = setUp(({ node: { id } }) => (id === "stays" ? to : view));
    const streams = [open(), open(), open()];
    const types = [CDS, LDS];
    const answer = ({ stream, wire }: (typeof streams)[number]): void => {
      for (const type of types) {
        const nonce = stream.types.get(type)?.inFlight?.nonce;
        if (nonce === undefined) continue;
        stream.receive(
          encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
            type_url: type,
            response_nonce: nonce,
          }),
        );
      }
      expect(wire.ends).toEqual([]);
    };
    for (const [index, one] of streams.entries()) {
      for (const type of types)
        one.stream.receive(request(type, index === 0 ? "stays" : `n${index}`));
      answer(one);
    }
    view = to;
    hub.reselect();
    await nextRound();
    const generation = to.table(CDS).generation;
    expect([to.table(CDS).size, to.retiringCount, generation]).toEqual([2, 1, 2]);
    clock.advance(limits.xds.retireGraceMs + 2 * limits.xds.sweepIntervalMs);
    expect(to.table(CDS).size).toBe(2);
    for (let round = 0; round < 3; round += 1) {
      for (const one of streams) answer(one);
      await nextRound();
    }
    clock.advance(2 * limits.xds.sweepIntervalMs);
    clock.advance(limits.xds.retireGraceMs + limits.xds.sweepIntervalMs);
    expect([...to.table(CDS).resources()].map(({ name }) => name)).toEqual(["b"]);
    hub.close();
  });

  it("nor does one that moves after others have moved, and what they needed is gone", async () => {
    const of = (name: string): View => {
      const view = new View(name, { changeLogEntries: 100, milestones: 4 });
      view.apply(1n, bundles(bundle(name, resource(CDS, name), resource(LDS, "l", name))), 0);
      return view;
    };
    const [from, to] = [of("a"), of("b")];
    const moved = new Set<string>();
    const { hub, clock, open } = setUp(({ node: { id } }) => (moved.has(id) ? to : from));
    const clustersThere = (): readonly string[] =>
      [...to.table(CDS).resources()].map(({ name }) => name).toSorted();
    const [first, second] = ["first", "second"].map((id) => {
      const { stream } = open();
      for (const type of [CDS, LDS]) stream.receive(request(type, id));
      for (const type of [CDS, LDS]) answer(stream, type);
      return { id, stream };
    });
    for (const one of [first, second]) {
      if (one === undefined) throw new Error("no stream");
      moved.add(one.id);
      one.stream.reselect();
      await nextRound();
      expect(clustersThere()).toEqual(["a", "b"]);
      for (let round = 0; round < 3; round += 1) {
        for (const type of [CDS, LDS]) answer(one.stream, type);
        await nextRound();
      }
      clock.advance(2 * limits.xds.sweepIntervalMs);
      clock.advance(limits.xds.retireGraceMs + limits.xds.sweepIntervalMs);
      expect(clustersThere()).toEqual(["b"]);
      await nextRound();
      answer(one.stream, CDS);
    }
    hub.close();
  });

  it("ends the stream that would need one view more than there may be", () => {
    const most = limits.pipeline.viewsInUse;
    const views = new Map<string, View>();
    let generation = "a";
    const { hub, open, closed } = setUp(({ node: { id } }) => {
      const key = `${generation} ${id}`;
      const known = views.get(key);
      if (known !== undefined) return known;
      if (hub.viewsSelected().size >= most) return "full";
      const made = new View(key, { changeLogEntries: 1, milestones: 1 });
      views.set(key, made);
      return made;
    });
    const begin = (id: string) => {
      const one = open();
      one.stream.receive(request(CDS, id));
      return one;
    };
    const [first] = Array.from({ length: most }, (_, n) => begin(`n${n}`));
    expect(begin("more").wire.ends).toEqual([reasons.tooManyViews]);
    expect(closed).toMatchObject([
      { code: "resource_exhausted", reason: reasons.tooManyViews.message, node: { id: "more" } },
    ]);
    expect(begin("n1").wire.ends).toEqual([]);
    first?.stream.end(reasons.clientEnded);
    expect(begin("more").wire.ends).toEqual([]);
    // All of them pass to another view at once, and as many have room.
    generation = "b";
    hub.reselect();
    expect(closed).toHaveLength(2);
    expect(hub.viewsInUse().size).toBe(most);
    expect([...hub.viewsInUse()].every(({ key }) => key.startsWith("b "))).toBe(true);
  });

  it("takes no stream and sets no timer once it is closed", async () => {
    const { hub, view, clock, open } = setUp();
    const { stream } = open();
    stream.receive(request(CDS));
    hub.drain(1_000);
    hub.close();
    view.apply(2n, bundles(), clock.monotonicMs());
    hub.changed(view);
    hub.wakeAt(stream, 10);
    await nextRound();
    expect(clock.pending).toBe(0);
    const wire = new ArrayWire();
    hub.open(wire, { variant: "sotw", onlyType: undefined });
    expect(wire.ends).toEqual([reasons.draining]);
  });
});
