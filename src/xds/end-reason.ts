/** Why a stream ends, in the words the proxy and the log get, and the gRPC code that goes with it. */
export interface EndReason {
  readonly code:
    | "ok"
    | "invalid_argument"
    | "deadline_exceeded"
    | "permission_denied"
    | "resource_exhausted"
    | "unimplemented"
    | "unavailable"
    | "internal";
  readonly message: string;
  /** Of `internal`: what went wrong, for the log alone. */
  readonly bug?: unknown;
}

const invalid = (message: string): EndReason => ({ code: "invalid_argument", message });
const exhausted = (message: string): EndReason => ({ code: "resource_exhausted", message });
const unavailable = (message: string): EndReason => ({ code: "unavailable", message });

export const reasons = {
  malformed: invalid("the message is not a discovery request of this method"),
  noNode: invalid("the first message of a stream must carry a node with an id"),
  otherNode: invalid("the node id must not change on a stream"),
  wrongType: invalid("type_url is missing, or is not the type of this method"),
  requestTooLarge: exhausted("a request is too large"),
  tooSlow: { code: "deadline_exceeded", message: "a request has not come in time" },
  malformedLoad: invalid("the message is not a load report"),
  tooMuchLoad: exhausted("a load report of too many clusters or endpoints"),
  loadNameTooLong: exhausted("a name in a load report is too long"),
  malformedStats: invalid("the message is no metrics of OTLP, or a count in it is none"),
  noStatsNode: invalid("the resource of metrics must have service.instance.id, the id of the node"),
  statsNameTooLong: exhausted("a name in metrics is too long"),
  tooManyStats: exhausted("too many metrics in one message"),
  tooManyReporters: exhausted("metrics of as many proxies as may send them"),
  noAllClusters: {
    code: "unimplemented",
    message: "load is reported of all clusters: envoy.lrs.supports_send_all_clusters is needed",
  },
  malformedStatus: invalid("the message is not a request for client status"),
  notAReader: {
    code: "permission_denied",
    message: "not one of those who may ask what proxies run; see --csds of serin serve",
  },
  tooManyMatchers: exhausted("too many node_matchers in one request"),
  tooMuchStatus: exhausted(
    "the answer is too large: name fewer nodes by node_matchers, or set exclude_resource_contents",
  ),
  tooManyStatusCalls: exhausted("this port has as many calls for client status as it may"),
  oneStatusAtATime: exhausted("the answer before is not read yet: one request at a time"),
  noRoom: exhausted("no room for a request so long: too many others are being read"),
  truncated: invalid("the last message is not whole"),
  compressed: {
    code: "unimplemented",
    message: "messages are taken as they are: no grpc-encoding but identity",
  },
  compressedUnsaid: { code: "internal", message: "a compressed message without grpc-encoding" },
  notHealthRequest: invalid("not one HealthCheckRequest"),
  tooManyTypes: exhausted("too many resource types on one stream"),
  tooManyNames: exhausted("too many resource names in one subscription"),
  nameTooLong: exhausted("a resource name or type_url is too long"),
  nodeTooLarge: exhausted("the node is too large"),
  tooManyStreams: exhausted("this server has as many streams as it may"),
  tooManyWatches: exhausted("this port has as many health watches as it may"),
  tooManyViews: exhausted(
    "no room for this node's set of gateways: the nodes of this server are selected by as many different sets as it may serve",
  ),
  tooFarBehind: unavailable("too far behind; reconnect to start afresh"),
  draining: unavailable("the server is shutting down; reconnect to another one"),
  tooOld: unavailable("the connection is as old as it may be; reconnect"),
  clientEnded: { code: "ok", message: "ended by the proxy" },
  cancelled: { code: "ok", message: "cancelled by the proxy or connection lost" },
} as const satisfies Record<string, EndReason>;

/** A step of one stream failed in a way that it never should. */
export const internal = (bug: unknown): EndReason => ({
  code: "internal",
  message: "internal error; reconnect to start afresh",
  bug,
});
