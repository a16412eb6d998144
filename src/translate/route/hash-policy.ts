/**
 * What a hash is taken over: that of a sticky split, which chooses the cluster and the instance in
 * it, or that of affinity, which chooses the instance alone.
 */
import type { Affinity } from "../../model/service.ts";
import type { HashSplit } from "../../model/traffic.ts";
import { duration } from "../../proto/values.ts";

/** The salt stands before the value, so that each release picks other users. */
export function splitHashPolicies({ headers, salt }: HashSplit) {
  const rewrite =
    salt === ""
      ? {}
      : {
          regex_rewrite: {
            pattern: { regex: "^(.*)$" },
            substitution: `${salt.replaceAll("\\", "\\\\")}:\\1`,
          },
        };
  return headers.map((header_name) => ({ header: { header_name, ...rewrite } }));
}

export function affinityPolicy(affinity: Affinity) {
  switch (affinity.kind) {
    case "header":
      return { header: { header_name: affinity.name } };
    case "cookie":
      return {
        cookie: {
          name: affinity.name,
          ...(affinity.ttlMs === undefined ? {} : { ttl: duration(affinity.ttlMs), path: "/" }),
        },
      };
    case "sourceIp":
      return { connection_properties: { source_ip: true } };
    case "queryParam":
      return { query_parameter: { name: affinity.name } };
  }
}
