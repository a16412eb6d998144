/**
 * What is equal stays the same object. Later stages, up to the messages to proxies, tell by identity
 * what did not change.
 */
import type { Resource } from "../snapshot/resource.ts";

export const sameElements = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a === b || (a.length === b.length && a.every((each, i) => each === b[i]));

/** The resource of the same content that was made from these keys. */
export const withOrigins = (resource: Resource, origins: readonly string[]): Resource =>
  sameElements(resource.origins, origins) ? resource : { ...resource, origins };

/** `before` where `made` says the same. */
export function keptResource(before: Resource | undefined, made: Resource): Resource {
  if (before === undefined || Buffer.compare(before.any, made.any) !== 0) return made;
  return withOrigins(before, made.origins);
}
