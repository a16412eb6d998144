/**
 * What gRPC clients hash: headers alone.
 * https://github.com/grpc/proposal/blob/master/A42-xds-ring-hash-lb-policy.md
 */
import type { Affinity } from "../../model/service.ts";
import type { HashSplit } from "../../model/traffic.ts";

/**
 * A text that is another one for each value, in all clients: a reference to the group is `\1` in
 * Python and Node.js and `$1` in Go and Java, and what is no reference there stays as it is. A salt
 * holds neither.
 */
export function splitPolicies({ headers, salt }: HashSplit) {
  const rewrite =
    salt === ""
      ? {}
      : {
          regex_rewrite: {
            pattern: { regex: "^(.*)$" },
            // In Go, `$1` takes every letter and digit after it for its name: it stands last.
            substitution: `${salt}:\\1$1`,
          },
        };
  return { hash_policy: headers.map((header_name) => ({ header: { header_name, ...rewrite } })) };
}

/** None for what clients do not look at: they choose by chance then. */
export const affinityPolicies = (affinity: Affinity | undefined) =>
  affinity?.kind === "header" ? { hash_policy: [{ header: { header_name: affinity.name } }] } : {};
