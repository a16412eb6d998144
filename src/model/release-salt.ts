import { contentHash } from "../lib/hash.ts";
import type { ServiceName } from "./names.ts";

/**
 * Salt of the hash by which a release keeps each user on one side (session affinity). It is the same for
 * the whole of a release, so that nobody goes back while the canary grows, and another one for the next,
 * so that the same users are not the first to meet every new version.
 */
export const releaseSalt = (service: ServiceName, specHash: string): string =>
  `${service}-${contentHash(service, "\0", specHash).slice(0, 8)}`;
