import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/proto/decode.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { fromJson, toJson } from "../../../src/proto/json.ts";
import {
  type FieldType,
  findMessageType,
  type MessageType,
  type ValueType,
} from "../../../src/proto/message-type.ts";
import { ourRoot } from "../../../src/proto/root.ts";

const root = ourRoot();

/** Any message of a type, in plain form: a few fields, a few levels. */
function anyMessage(type: MessageType, depth: number): Arbitrary<unknown> {
  const json = fc.jsonValue({ maxDepth: 2 });
  switch (type.name) {
    case "google.protobuf.Struct":
      return fc.dictionary(fc.string(), json, { maxKeys: 3 });
    case "google.protobuf.Any":
      return fc.constantFrom(
        { "@type": "type.googleapis.com/google.protobuf.BoolValue", value: true },
        { "@type": "type.googleapis.com/envoy.config.core.v3.Locality", zone: "a" },
        { type_url: "type.googleapis.com/acme.v1.Filter", value: new Uint8Array([1]) },
      );
    case "google.protobuf.Duration":
      return fc.record({
        seconds: fc.integer({ min: 1 }),
        nanos: fc.integer({ min: 0, max: 1e9 - 1 }),
      });
    case "google.protobuf.Timestamp":
      return fc.record({
        seconds: fc.integer({ min: 0 }),
        nanos: fc.integer({ min: 0, max: 1e9 - 1 }),
      });
    default:
      return anyFields(type, depth);
  }
}

function anyFields(type: MessageType, depth: number): Arbitrary<unknown> {
  const fields = [...type.byName.values()].filter(
    (field) => depth > 0 || field.value.kind !== "message",
  );
  const chosen = fc.subarray(fields, { maxLength: Math.min(4, fields.length) }).map((some) => {
    const taken = new Set<string>();
    return some.filter((field) => {
      if (field.oneof === undefined) return true;
      const isFirst = !taken.has(field.oneof);
      taken.add(field.oneof);
      return isFirst;
    });
  });
  return chosen.chain((some) =>
    fc.record(Object.fromEntries(some.map((field) => [field.name, anyField(field, depth - 1)]))),
  );
}

function anyField(field: FieldType, depth: number): Arbitrary<unknown> {
  const value = anyValue(field.value, depth);
  if (field.shape === "map") return fc.dictionary(fc.string(), value, { maxKeys: 3 });
  return field.shape === "repeated" ? fc.array(value, { maxLength: 3 }) : value;
}

function anyValue(type: ValueType, depth: number): Arbitrary<unknown> {
  switch (type.kind) {
    case "message":
      return fc.constant(undefined).chain(() => anyMessage(type.message(), depth));
    case "enum":
      return fc.constantFrom(...type.numbers.keys());
    case "bool":
      return fc.boolean();
    case "string":
      return fc.string({ unit: "binary" });
    case "bytes":
      return fc.uint8Array({ maxLength: 5 });
    case "double":
      return fc.double();
    case "float":
      return fc.float();
    case "uint32":
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case "uint64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "int64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    default:
      return fc.integer();
  }
}

describe.each([
  "envoy.config.listener.v3.Listener",
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.service.discovery.v3.DeltaDiscoveryRequest",
  "envoy.service.load_stats.v3.LoadStatsRequest",
])("any %s", (name) => {
  const type = findMessageType(root, name);
  const arbitrary = type === undefined ? fc.constant({}) : anyMessage(type, 5);

  it("comes back from bytes and from JSON, and protobufjs reads and writes the same", () => {
    const reflected = root.lookupType(name);
    fc.assert(
      fc.property(arbitrary, (message) => {
        const bytes = encodeMessage(name as string, message as object);
        expect(encodeMessage(name as string, decodeMessage(name as string, bytes))).toEqual(bytes);
        expect(fromJson(root, name, toJson(root, name, bytes))).toEqual({ ok: true, value: bytes });
        // The same but for the order of map keys that look like numbers.
        const theirs = reflected.encode(reflected.decode(bytes)).finish();
        expect(theirs.length).toBe(bytes.length);
        expect(encodeMessage(name as string, decodeMessage(name as string, theirs))).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });
});
