import type { GatewayName } from "./names.ts";

/**
 * `resources/<gateway or *>/<type>/<name>`: an Envoy resource passed through as it is. Either proto
 * JSON, encoded against the official descriptors by translate, or the bytes of a
 * google.protobuf.Any.
 */
export interface RawResource {
  /** `*`: for every proxy. */
  readonly gateway: GatewayName | "*";
  readonly typeUrl: string;
  readonly name: string;
  /** How long a proxy keeps it unless it is told of it again, ms; undefined: for good. */
  readonly ttlMs?: number | undefined;
  readonly body:
    | { readonly kind: "json"; readonly json: unknown }
    | { readonly kind: "any"; readonly bytes: Uint8Array };
  readonly origin: string;
  readonly revision: bigint;
}
