/** What a request may be: everything that is too much is seen by numbers, before it is decoded. */
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { decodeDeltaRequest } from "../../../src/xds/codec.ts";
import { reasons } from "../../../src/xds/end-reason.ts";
import { knownVersion } from "../../../src/xds/known-versions.ts";
import { noNameSet } from "../../../src/xds/name-set.ts";
import type { ProxyNode } from "../../../src/xds/node.ts";
import { readStreamRequest } from "../../../src/xds/stream-request.ts";
import { CDS } from "../snapshot/resources.ts";

/** A length-delimited field; its number is at most 15. */
function field(number: number, payload: Uint8Array | string): Buffer {
  const bytes = Buffer.from(payload);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), bytes]);
}

const node = field(1, field(1, "n"));
const first = Buffer.concat([node, field(2, CDS)]);

/** Of a stream that begins, delta. */
const read = (...parts: readonly Buffer[]) =>
  readStreamRequest("delta", Buffer.concat(parts), undefined);

const taken = (...parts: readonly Buffer[]) => {
  const request = read(...parts);
  if ("code" in request) throw new Error(request.message);
  return request;
};

const repeated = (times: number, part: Buffer): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => part));

describe("too much", () => {
  const most = limits.xds.subscriptionNames;

  it.each([
    ["names", 3],
    ["names that are taken back", 4],
  ])("%s: no string is made of any", (_what, number) => {
    const names = (count: number) => repeated(count, field(number, "abc"));
    expect(taken(first, names(most)).excess).toBeUndefined();
    expect(taken(first, names(most + 1)).excess).toBe(reasons.tooManyNames);
    const { request } = decodeDeltaRequest(Buffer.concat([first, names(most + 1)]));
    expect([request.subscribe, request.unsubscribe]).toEqual([noNameSet, noNameSet]);
  });

  it("resources that are said to be held", () => {
    const entries = (count: number) => repeated(count, field(5, field(1, "a")));
    const { knownResources } = limits.xds;
    expect(taken(first, entries(knownResources)).excess).toBeUndefined();
    expect(taken(first, entries(knownResources + 1)).excess).toBe(reasons.tooManyNames);
  });

  it("bytes of a name or a type, not characters", () => {
    const { nameBytes } = limits.xds;
    const long = `${"é".repeat(nameBytes / 2)}x`;
    expect(taken(first, field(3, "x".repeat(nameBytes))).excess).toBeUndefined();
    expect(taken(first, field(3, long)).excess).toBe(reasons.nameTooLong);
    expect(taken(node, field(2, long)).excess).toBe(reasons.nameTooLong);
  });

  it("bytes of a node, which is not decoded then", () => {
    const noStruct = field(3, Buffer.alloc(limits.xds.nodeBytes, 0xff));
    expect(read(field(1, Buffer.concat([field(1, "n"), noStruct])), field(2, CDS))).toBe(
      reasons.nodeTooLarge,
    );
    expect(read(field(1, field(3, "\u{7f}")), field(2, CDS))).toBe(reasons.malformed);
  });

  it("fields", () => {
    const unknown = repeated(1_000, field(9, "as one"));
    const { requestFields } = limits.xds;
    expect(taken(first, unknown, repeated(requestFields - 3, field(6, "x"))).excess).toBe(
      undefined,
    );
    expect(read(first, unknown, repeated(requestFields - 2, field(6, "x")))).toBe(
      reasons.malformed,
    );
  });
});

describe("the node", () => {
  const known = { id: "n" } as ProxyNode;
  const later = (...parts: readonly Buffer[]) =>
    readStreamRequest("delta", Buffer.concat(parts), known);

  it("of a later message is compared by its id, and not decoded again", () => {
    const noStruct = field(3, "\u{7f}");
    const again = later(field(1, Buffer.concat([field(1, "n"), noStruct])));
    expect("node" in again && again.node).toBe(known);
    expect("node" in later(field(2, CDS))).toBe(true);
    expect("node" in later(field(1, field(2, "a cluster alone")))).toBe(true);
    expect(later(field(1, field(1, "m")))).toBe(reasons.otherNode);
    expect(later(field(1, "\u{7f}"))).toBe(reasons.malformed);
  });

  it("may come in parts", () => {
    const request = taken(node, field(2, CDS), field(1, field(2, "edge")));
    expect(request.node).toMatchObject({ id: "n", cluster: "edge" });
  });
});

describe("what a proxy says it holds", () => {
  it("is malformed where an entry is, however deep", () => {
    for (const entry of [Buffer.from([0x0a, 0x7f]), Buffer.from([0x0a, 1]), Buffer.from([0xff])]) {
      expect(read(first, field(5, field(1, "a")), field(5, entry))).toBe(reasons.malformed);
    }
  });

  it("is found in entries of any form, and among other fields", () => {
    const long = "x".repeat(200);
    const versions = { a: "1", [long]: "2", b: "" };
    const bytes = encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
      initial_resource_versions: versions,
    });
    const turned = field(5, Buffer.concat([field(2, "3"), field(1, "c")]));
    const message = Buffer.concat([bytes, field(3, "name"), turned, field(3, "other")]);
    const { request } = decodeDeltaRequest(message);
    const held = ["a", long, "b", "c", "d"].map((name) =>
      knownVersion(request.initialVersions, name),
    );
    expect(held).toEqual(["1", "2", "", "3", undefined]);
    expect([...request.subscribe.names]).toEqual(["name", "other"]);
  });
});
