/** The cluster without endpoints: a call that is sent there is UNAVAILABLE, in every client. */
import { defaultSettings } from "../../model/service.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import { assignmentResource } from "../cluster/assignment.ts";
import { clusterResource } from "../cluster/cluster.ts";
import { unavailableName } from "../names.ts";

export const unavailableBundle: Bundle = {
  owner: unavailableName,
  resources: [
    clusterResource(unavailableName, defaultSettings, []),
    assignmentResource(unavailableName, [], defaultSettings, []),
  ],
};
