/** What serin says about input it could not take, or took with a doubt. Diagnostics are data. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  /** Store key without the prefix, for example `weights/web`. */
  readonly key: string;
  /** Store revision of the value that was judged; 0 where the judgement is about no single value. */
  readonly revision: bigint;
  /** Path inside the value in the form `rules[0].backendRefs[1].weight`; empty for the whole value. */
  readonly path: string;
  /** One sentence: what is wrong, and what was expected. Never contains a secret. */
  readonly message: string;
}

/** Stable codes, so that alerts and scripts can match on them. */
export const diagnosticCodes = [
  "KEY_UNKNOWN",
  "KEY_INVALID",
  "VALUE_TOO_LARGE",
  "VALUE_SYNTAX",
  "VALUE_INVALID",
  "FIELD_UNKNOWN",
  "SPLIT_NO_ENDPOINTS",
  "SPLIT_UNKNOWN_SUBSET",
  /** A guard has taken the subset out: what is asked for it goes elsewhere. */
  "SPLIT_LATCHED",
  /** All instances of a subset fail serin's own probes, which are for gRPC clients. */
  "SUBSET_SICK",
  "BACKEND_UNKNOWN",
  "BACKEND_NONE",
  /** With all versions of the service as targets a rule would become more routes than fit: nothing is copied. */
  "MIRROR_LEFT_OUT",
  "HOSTNAME_CLASH",
  "LISTENER_CLASH",
  /** A listener whose routes are scoped has exact hosts only. */
  "HOST_LEFT_OUT",
  "NAME_CLASH",
  "RESOURCE_INVALID",
  "REFERENCE_MISSING",
  /** Every instance of a service is in a lane: other requests have nobody. */
  "LANE_TAKES_ALL",
  /** Two lanes, or two entries, want the same requests; the message says which gets them. */
  "LANE_CLASH",
  /** A gateway has more matches of entries than fit: this entry takes nobody. */
  "LANE_LEFT_OUT",
  /** A gateway takes the lane's mark away where a client, or an application inside, may count on it. */
  "LANE_STRIPPED",
  /** A rule leads to several releases, which have more routes together than fit: this one has none there. */
  "RELEASE_LEFT_OUT",
  /** gRPC clients without a proxy cannot do what is asked of them. */
  "GRPC_UNSUPPORTED",
] as const;

export type DiagnosticCode = (typeof diagnosticCodes)[number];
