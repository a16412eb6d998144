/** A version of a service, as a proxy's cluster names it. */
export interface VersionName {
  readonly service: string;
  readonly subset: string;
}

/**
 * Of `<service>/<subset>`. Lanes (`~lane`) and aggregates (`v2+v1`) are no versions; what an aggregate
 * passes on is counted on the cluster that it went to.
 */
export function versionName(cluster: string): VersionName | undefined {
  const [, service, subset] = /^([^/~+]{1,253})\/([^/~+]{1,253})$/.exec(cluster) ?? [];
  return service === undefined || subset === undefined ? undefined : { service, subset };
}
