/**
 * Clusters that gRPC clients report load of. An Envoy is told in its bootstrap where reports go; a gRPC
 * client, in each cluster: to the server that the cluster came from (`lrs_server: { self: {} }`, gRPC
 * proposal A27). Envoys' clusters stay without: it would be another version of each, for nothing.
 */
import type { Bundle } from "../snapshot/bundle.ts";
import type { Bundles } from "../snapshot/bundle-diff.ts";
import { makeResource, type Resource } from "../snapshot/resource.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import { reportingCluster } from "../translate/cluster/reporting-cluster.ts";
import { mappedMap } from "../translate/layered-map.ts";

/** The same bundles, where they are the same as before. */
export const withLoadReports = (bundles: Bundles): Bundles => mappedMap(bundles, reporting);

/** Others are what users wrote, or hold no clusters with endpoints. */
const isOurs = ({ owner }: Bundle): boolean =>
  owner.startsWith("service/") || owner.startsWith("sticky/");

const bundlesMade = new WeakMap<Bundle, Bundle>();
const clustersMade = new WeakMap<Resource, Resource>();

function reporting(bundle: Bundle): Bundle {
  if (!isOurs(bundle)) return bundle;
  const known = bundlesMade.get(bundle);
  if (known !== undefined) return known;
  const made = { owner: bundle.owner, resources: bundle.resources.map(reportingResource) };
  bundlesMade.set(bundle, made);
  return made;
}

/** An aggregate has no endpoints of its own, and so no load. */
function reportingResource(resource: Resource): Resource {
  if (resource.typeUrl !== typeUrls.cluster || resource.references.length === 0) return resource;
  const known = clustersMade.get(resource);
  if (known !== undefined) return known;
  const { typeUrl, name, references, needs, origins } = resource;
  const any = reportingCluster(resource.any);
  const made = makeResource({ typeUrl, name, any, references, needs, origins });
  clustersMade.set(resource, made);
  return made;
}
