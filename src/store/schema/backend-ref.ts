/**
 * Backends of routes: services, or a subset of one, which is our addition.
 * https://gateway-api.sigs.k8s.io/reference/spec/#backendref
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { integer, name, port, text } from "./leaves.ts";

/** A backend without a share. */
export const backendTargetShape = {
  group: text(253).optional().describe('"": that of services.'),
  kind: text(63, 1).optional().describe("Service; a backend of another kind cannot be used."),
  namespace: text(63).optional().describe("Ignored: names are flat."),
  name,
  port: port.optional().describe("Ignored: the instances' own ports are used."),
  subset: name.optional().describe("Default: the service's own split. Not in the Gateway API."),
};

export const backendTarget = z.object(backendTargetShape);

/** A backend with a share. */
export const backendRefShape = {
  ...backendTargetShape,
  weight: integer(0, 1_000_000).optional().describe("Share among the rule's backends; default 1."),
};

export type BackendTargetValue = z.infer<typeof backendTarget>;

/** Why a reference names nothing that serin can forward to; undefined where it does. */
export function targetProblem({
  group = "",
  kind = "Service",
}: BackendTargetValue): string | undefined {
  if (group === "" && kind === "Service") return undefined;
  const written = group === "" ? kind : `${kind} of the group ${group}`;
  return `serin has no backends of the kind ${written.slice(0, limits.decode.echoChars)}`;
}
