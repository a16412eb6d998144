/** A request for status from bytes; the node in it, which says who asks, is passed over. */
import { limits } from "../../config/limits.ts";
import { decodeMessage } from "../../proto/decode.ts";
import { FieldScanner } from "../../proto/scan.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import { anyOfMatchers, MatcherFault, type NodeTest } from "./node-matchers.ts";

export interface StatusQuestion {
  readonly matches: NodeTest;
  /** Resources are asked for, and not only how far they are. */
  readonly contents: boolean;
}

/** Why the call has to end, where it does. */
export function readStatusRequest(bytes: Uint8Array): StatusQuestion | EndReason {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof MatcherFault)) return reasons.malformedStatus;
    return { code: "invalid_argument", message: error.message };
  }
}

const nodeMatchers = 1;

function read(bytes: Uint8Array): StatusQuestion | EndReason {
  const { statusRequestBytes, statusMatchers } = limits.xds;
  if (bytes.length > statusRequestBytes) return reasons.requestTooLarge;
  // Counted before they are decoded.
  const field = new FieldScanner(bytes);
  let count = 0;
  while (field.next()) if (field.number === nodeMatchers) count += 1;
  if (count > statusMatchers) return reasons.tooManyMatchers;
  const request = decodeMessage("envoy.service.status.v3.ClientStatusRequest", bytes);
  return {
    matches: anyOfMatchers(request.node_matchers ?? []),
    contents: request.exclude_resource_contents !== true,
  };
}
