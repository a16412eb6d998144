import { encodeMessage } from "../../src/proto/encode.ts";
import type { KnownVersions } from "../../src/xds/known-versions.ts";

/** The encoded entries of `initial_resource_versions`, of which the message holds nothing else. */
export const knownVersions = (versions: Readonly<Record<string, string>>): KnownVersions =>
  encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
    initial_resource_versions: versions,
  });
