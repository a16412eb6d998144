import type { ServiceName } from "../../model/names.ts";
import type { ParentRef } from "../../model/route.ts";
import { type ParentRefValue, parentKind } from "../schema/parent-ref.ts";

/** Checked parent references → the model. */
export const toParentRefs = (refs: readonly ParentRefValue[] | undefined): readonly ParentRef[] =>
  (refs ?? []).map(toParentRef);

function toParentRef(ref: ParentRefValue): ParentRef {
  const kind = parentKind(ref);
  if (kind === "gateway") return toGateway(ref, ref.name);
  if (kind === "service") return { kind, service: ref.name as ServiceName };
  // A slash is in no gateway's name. Left out, a route might come to belong to all gateways.
  return toGateway(ref, `${ref.group ?? ""}/${ref.kind ?? ""}/${ref.name}`);
}

const toGateway = ({ sectionName, port }: ParentRefValue, gateway: string): ParentRef => ({
  kind: "gateway",
  gateway,
  listener: sectionName,
  port,
});
