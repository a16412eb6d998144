/** A cluster whose load gRPC clients report to the server that it came from. */
import { decodeAny } from "../../proto/decode.ts";
import { encodeMessage, encodeRawAny } from "../../proto/encode.ts";
import { withElements } from "../splice.ts";

/** Field number of `lrs_server` in a Cluster. */
const lrsServer = 42;

const self = encodeMessage("envoy.config.core.v3.ConfigSource", { self: {} });

/** From one encoded google.protobuf.Any to another; the cluster has no `lrs_server` so far. */
export function reportingCluster(any: Uint8Array): Uint8Array {
  const { typeUrl, value } = decodeAny(any);
  return encodeRawAny(typeUrl, withElements(value, lrsServer, [self]));
}
