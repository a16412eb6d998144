/** What says to the next hops that a request is in a lane. */
import type { Lane } from "../../model/lane.ts";
import type { HeaderModifier, HeaderValue } from "../../model/traffic.ts";
import type { PlannedCluster } from "../route/plan.ts";

export const markedBy = (cluster: PlannedCluster, lane: Lane): PlannedCluster => ({
  ...cluster,
  requestHeaders: withMark(cluster.requestHeaders, lane),
});

/** The mark wins over what `before` says of the lane's header. */
export function withMark(
  before: HeaderModifier | undefined,
  { header, value, baggage }: Lane,
): HeaderModifier {
  const { set = [], add = [], remove = [] } = before ?? {};
  const isOther = ({ name }: HeaderValue): boolean => name !== header;
  const member: readonly HeaderValue[] =
    baggage === undefined ? [] : [{ name: "baggage", value: `${baggage}=${value}` }];
  return {
    set: [...set.filter(isOther), { name: header, value }],
    add: [...add.filter(isOther), ...member],
    remove: remove.filter((name) => name !== header),
  };
}
