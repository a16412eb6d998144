import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { type EndReason, reasons } from "../../../../src/xds/end-reason.ts";
import { type LoadMessage, readLoad } from "../../../../src/xds/load/read-load.ts";
import "../../../support/seed.ts";
import { idle, loadRequest, nodeBytes, type Stats, stats } from "./reports.ts";

function read(...clusters: readonly Stats[]): LoadMessage {
  const message = readLoad(loadRequest(clusters));
  if ("code" in message) throw new Error(message.message);
  return message;
}

const localityOf = (locality: object, more: object = {}): Stats => ({
  cluster_name: "web/v1",
  upstream_locality_stats: [{ total_successful_requests: 1, ...locality }],
  ...more,
});

const ofLocality = (locality: object) => read(localityOf(locality)).clusters[0]?.localities[0];

describe("a load report", () => {
  it("is read into plain counts", () => {
    const { clusters, intervalMs, named } = read({
      ...stats("web/v2", 7, 3, 2),
      cluster_service_name: "web/v2 service",
      total_dropped_requests: 5,
    });
    const counts = { ok: 7, errors: 3, inProgress: 2 };
    expect({ intervalMs, named }).toEqual({ intervalMs: 2_001, named: 1 });
    expect(clusters).toEqual([
      {
        cluster: "web/v2",
        serviceName: "web/v2 service",
        intervalMs: 2_001,
        dropped: 5,
        localities: [
          {
            ...{ region: "", zone: "", subZone: "", priority: 0, metrics: new Map() },
            ...counts,
            endpoints: [{ address: "10.0.0.1:80", ...counts }],
          },
        ],
      },
    ]);
  });

  it("tells of each locality, and what its backends report", () => {
    const metric = (count: number, total: number) => ({
      num_requests_finished_with_metric: count,
      total_metric_value: total,
    });
    const found = ofLocality({
      locality: { region: "r", zone: "z", sub_zone: "s" },
      priority: 1,
      load_metric_stats: [
        { metric_name: "ms", ...metric(2, 30) },
        { metric_name: "ms", ...metric(1, 5) },
        { metric_name: "broken", ...metric(1, Number.NaN) },
      ],
      cpu_utilization: metric(4, 0.5),
    });
    expect(found).toMatchObject({ region: "r", zone: "z", subZone: "s", priority: 1 });
    expect(found?.metrics).toEqual(
      new Map([
        ["ms", { count: 3, total: 35 }],
        ["cpu_utilization", { count: 4, total: 0.5 }],
      ]),
    );
  });

  it("leaves out what had no requests, and knows its time all the same", () => {
    expect(read(idle("a"), stats("b", 1), idle("c")).clusters).toHaveLength(1);
    expect(read(idle("a"), idle("b"))).toMatchObject({ named: 2, intervalMs: 3_000, clusters: [] });
    expect(read()).toMatchObject({ named: 0, intervalMs: 0, clusters: [] });
    const zeros = { ...stats("z", 0), load_report_interval: { seconds: 5 } };
    expect(read(zeros)).toMatchObject({ named: 1, intervalMs: 5_000, clusters: [] });
    const mixed = {
      cluster_name: "m",
      upstream_locality_stats: [{ priority: 1 }, { priority: 2, total_error_requests: 1 }],
    };
    expect(read(mixed).clusters[0]?.localities.map(({ priority }) => priority)).toEqual([2]);
    const dropped = { cluster_name: "d", total_dropped_requests: 1 };
    expect(read(dropped).clusters).toMatchObject([{ cluster: "d", dropped: 1, localities: [] }]);
  });

  it.each([
    [{ socket_address: { address: "10.0.0.1", port_value: 80 } }, "10.0.0.1:80"],
    [{ socket_address: { address: "::1", port_value: 80 } }, "[::1]:80"],
    [{ socket_address: { address: "10.0.0.1", named_port: "http" } }, "10.0.0.1:http"],
    [{ pipe: { path: "@a" } }, "@a"],
  ])("writes the address %j as %s", (address, text) => {
    const found = ofLocality({ upstream_endpoint_stats: [{ address }] });
    expect(found?.endpoints.map((each) => each.address)).toEqual([text]);
  });

  it("keeps the sum of a locality whose endpoints have no address", () => {
    const found = ofLocality({ upstream_endpoint_stats: [{ total_error_requests: 1 }] });
    expect(found).toMatchObject({ ok: 1, endpoints: [] });
  });

  it("passes over the node, whatever is in it", () => {
    const garbage = Buffer.alloc(61_000, 0xff);
    const message = readLoad(loadRequest([stats("a", 1)], garbage));
    expect(message).toMatchObject({ clusters: [{ cluster: "a" }] });
    expect("node" in message && Buffer.from(message.node ?? []).equals(garbage)).toBe(true);
  });
});

describe("a load report is refused", () => {
  const refused = (...clusters: readonly Stats[]): EndReason | undefined => {
    const message = readLoad(loadRequest(clusters));
    return "code" in message ? message : undefined;
  };

  it("with more clusters, or more in them, than there may be", () => {
    const many = Array.from({ length: limits.xds.loadClusters }, () => idle("a"));
    expect(refused(...many)).toBeUndefined();
    expect(refused(...many, idle("a"))).toBe(reasons.tooMuchLoad);
    const endpoints = Array.from({ length: limits.xds.loadParts }, () => ({}));
    expect(refused(localityOf({ upstream_endpoint_stats: endpoints.slice(1) }))).toBeUndefined();
    expect(refused(localityOf({ upstream_endpoint_stats: endpoints }))).toBe(reasons.tooMuchLoad);
    const half = localityOf({ load_metric_stats: endpoints.slice(endpoints.length / 2) });
    expect(refused(half)).toBeUndefined();
    expect(refused(half, half)).toBe(reasons.tooMuchLoad);
    const localities = { cluster_name: "a", upstream_locality_stats: [...endpoints, {}] };
    expect(refused(localities)).toBe(reasons.tooMuchLoad);
  });

  it("with a name that is too long, wherever it stands", () => {
    const name = "x".repeat(limits.xds.nameBytes + 1);
    const address = { pipe: { path: name } };
    for (const long of [
      { ...stats("a", 1), cluster_name: name },
      { ...stats("a", 1), cluster_service_name: name },
      localityOf({ locality: { sub_zone: name } }),
      localityOf({ load_metric_stats: [{ metric_name: name }] }),
      localityOf({ upstream_endpoint_stats: [{ address }] }),
    ]) {
      expect(refused(long)).toBe(reasons.loadNameTooLong);
    }
  });

  it("with a number that is no count", () => {
    const most = limits.xds.loadCount;
    expect(refused(stats("a", most))).toBeUndefined();
    expect(refused(stats("a", most + 1))).toBe(reasons.malformedLoad);
    const huge = { ...stats("a", 1), total_dropped_requests: 2n ** 64n - 1n };
    expect(refused(huge)).toBe(reasons.malformedLoad);
  });

  it("as bytes that are no message, and never otherwise", () => {
    expect(readLoad(Uint8Array.of(0x12, 0x7f))).toBe(reasons.malformedLoad);
    const whole = loadRequest([stats("web/v1", 3, 1), idle("b")], nodeBytes());
    const bytes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.nat(whole.length), (changes, end) => {
        const damaged = Uint8Array.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        expect(readLoad(damaged.subarray(0, end))).toBeTypeOf("object");
      }),
      { numRuns: 2_000 },
    );
  });
});
