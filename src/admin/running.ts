/** Which of the connected proxies run what an answer of explain was read from. */
import type { RunningJson } from "../api/explain.ts";
import { limits } from "../config/limits.ts";
import type { Answer } from "../explain/answer.ts";
import { shortName } from "../index.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import { weightsLayer } from "../translate/weights/runtime.ts";
import { inOrderOfNodes } from "./proxy-status.ts";
import type { AdminSources } from "./sources.ts";

type Wanted = Answer["resources"][number] & { readonly ifAsked?: boolean };

/** Where weights are in motion, a proxy that asks for the layer has them there, and not in its routes. */
function wantedOf({ resources, explanation }: Answer): readonly Wanted[] {
  const isSplit = explanation?.outcomes.some(({ decision }) => decision.kind === "split") === true;
  const layer = { typeUrl: typeUrls.runtime, name: weightsLayer, ifAsked: true };
  return isSplit ? [...resources, layer] : resources;
}

/** `node`: only the proxy of this id. */
export function runningOf(
  sources: AdminSources,
  answer: Answer,
  node: string | undefined,
): RunningJson {
  const { xds, others } = sources;
  const all = [...xds.hub.runners(answer.listener, wantedOf(answer))].filter(
    ({ stream }) => node === undefined || stream.node?.id === node,
  );
  const late = all.filter(({ lacks }) => lacks.length > 0);
  const listed = late
    .toSorted((a, b) => inOrderOfNodes(a.stream, b.stream))
    .slice(0, limits.admin.problemEntries);
  return {
    proxies: all.length,
    accepted: all.length - late.length,
    behind: listed.map(({ stream, lacks }) => ({
      node: stream.node?.id ?? "",
      peer: stream.peer,
      types: [...new Set(lacks.map(({ typeUrl }) => shortName(typeUrl)))],
      status: lacks.some(({ status }) => status === "NACKED") ? "NACKED" : "PENDING",
    })),
    omitted: late.length - listed.length,
    otherReplicas: others.size,
  };
}
