/**
 * Where routes of every kind say that they belong: to gateways, or to services inside of the mesh.
 * https://gateway-api.sigs.k8s.io/reference/spec/#parentreference
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { type Caution, ignored, replaced } from "./cautions.ts";
import { confined, listOf, name, port, text } from "./leaves.ts";

const parentRef = z.object({
  group: text(253).optional().describe("Default: that of the kind."),
  kind: text(63, 1).optional().describe("Gateway (default) or Service: clients of it in the mesh."),
  namespace: text(63).optional().describe("Ignored: names are flat."),
  name,
  sectionName: name.optional().describe("One listener of the gateway; default: all."),
  port: port.optional().describe("Only listeners at this port. Ignored for a service."),
});

const { parentRefs } = limits.decode;

/** Fields that all kinds of routes have in common. */
export const commonRouteShape = {
  parentRefs: confined(
    listOf(parentRef, parentRefs, "parents")
      .optional()
      .describe("Gateways and services the route belongs to; none given: every gateway."),
    "without parentRefs the route belongs to every gateway",
  ),
  useDefaultGateways: z
    .enum(["All", "None"])
    .optional()
    .describe("No gateway is a default one: All has no effect."),
};

export type ParentRefValue = z.infer<typeof parentRef>;

interface CommonValue {
  readonly parentRefs?: readonly ParentRefValue[] | undefined;
  readonly useDefaultGateways?: "All" | "None" | undefined;
}

/** What kind of parent a reference names; undefined: one that serin does not have. */
export function parentKind({
  group,
  kind = "Gateway",
}: ParentRefValue): "gateway" | "service" | undefined {
  if (kind === "Gateway" && (group ?? gatewayGroup) === gatewayGroup) return "gateway";
  return kind === "Service" && (group ?? "") === "" ? "service" : undefined;
}

const gatewayGroup = "gateway.networking.k8s.io";

export function parentCautions({
  parentRefs: refs = [],
  useDefaultGateways,
}: CommonValue): Caution[] {
  const cautions: Caution[] = [];
  for (const [index, ref] of refs.entries()) {
    const kind = parentKind(ref);
    const at = ["parentRefs", index];
    if (kind === undefined) {
      const message =
        "only a Gateway or a Service has routes: the route does not belong to this one";
      cautions.push(replaced(at, message));
    } else if (kind === "service" && ref.sectionName !== undefined) {
      const message = "a service has no sections: the route belongs to all of it";
      cautions.push(ignored([...at, "sectionName"], message));
    }
  }
  if (useDefaultGateways === "All") {
    const message = "no gateway is a default one: this field has no effect";
    cautions.push(ignored(["useDefaultGateways"], message));
  }
  return cautions;
}

interface Located {
  readonly at: readonly PropertyKey[];
  readonly namespace: string | undefined;
}

/** One warning for all references that name a namespace. */
export function namespaceCautions(references: readonly Located[]): Caution[] {
  const first = references.find(({ namespace }) => namespace !== undefined);
  if (first === undefined) return [];
  return [
    ignored([...first.at, "namespace"], "names are flat: namespaces of references are ignored"),
  ];
}

export const locatedParents = ({ parentRefs: refs = [] }: CommonValue): Located[] =>
  refs.map(({ namespace }, index) => ({ at: ["parentRefs", index], namespace }));
