/**
 * `snapshots/<node id>`: all that one node gets, one bundle per node. Of a node's resources each may
 * need the others, so one that is wrong keeps the whole of its last good snapshot in force, as
 * `Consistent()` of go-control-plane does. A server that never saw a good one, which one that was
 * restarted is, serves what is right and names the rest.
 */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { NodeSnapshot } from "../../model/node-snapshot.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import type { Reference, Resource } from "../../snapshot/resource.ts";
import { shortName } from "../../snapshot/type-url.ts";
import { withOutcome } from "./last-good.ts";
import { makeRaw } from "./make-raw.ts";
import { missing, neededBy } from "./raw-references.ts";

export interface TranslatedNode {
  readonly snapshot: NodeSnapshot;
  readonly bundle: Bundle;
  readonly diagnostics: readonly Diagnostic[];
  readonly lastGood: GoodSnapshot | undefined;
}

interface GoodSnapshot {
  readonly bundle: Bundle;
  readonly revision: bigint;
}

export interface TranslatedNodes {
  readonly byId: ReadonlyMap<string, TranslatedNode>;
  /** By node id. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  readonly diagnostics: readonly Diagnostic[];
}

export const noNodes: TranslatedNodes = { byId: new Map(), bundles: new Map(), diagnostics: [] };

/** `before`: the result of last time, of which unchanged snapshots keep their parts. */
export function translateNodes(
  snapshots: ReadonlyMap<string, NodeSnapshot>,
  before: TranslatedNodes,
): TranslatedNodes {
  const known = before.byId;
  const isKept = ([id, snapshot]: readonly [string, NodeSnapshot]): boolean =>
    known.get(id)?.snapshot === snapshot;
  if (snapshots.size === known.size && [...snapshots].every(isKept)) return before;
  const byId = new Map<string, TranslatedNode>();
  for (const [id, snapshot] of snapshots) {
    const kept = known.get(id);
    byId.set(id, kept?.snapshot === snapshot ? kept : translateNode(snapshot, kept?.lastGood));
  }
  const nodes = [...byId.values()];
  return {
    byId,
    bundles: new Map([...byId].map(([id, { bundle }]) => [id, bundle])),
    diagnostics: nodes.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** `lastGood`: of the same node, while its key is there. */
export function translateNode(
  snapshot: NodeSnapshot,
  lastGood: GoodSnapshot | undefined = undefined,
): TranslatedNode {
  const { bundle, diagnostics } = translateContent(snapshot);
  const refusals = diagnostics.filter(isRefusal);
  if (refusals.length === 0) {
    return { snapshot, bundle, diagnostics, lastGood: { bundle, revision: snapshot.revision } };
  }
  // Of a snapshot that is not served nobody wants to know what else it lacks.
  const told = lastGood === undefined ? diagnostics : refusals;
  return {
    snapshot,
    bundle: lastGood?.bundle ?? bundle,
    diagnostics: told.map((each) =>
      isRefusal(each) ? withOutcome(each, lastGood?.revision) : each,
    ),
    lastGood,
  };
}

const isRefusal = ({ severity }: Diagnostic): boolean => severity === "error";

function translateContent(snapshot: NodeSnapshot): Pick<TranslatedNode, "bundle" | "diagnostics"> {
  const placed = new Map<string, Placed>();
  const sockets = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const tell = (code: DiagnosticCode, path: string, message: string): void => {
    diagnostics.push(nodeDiagnostic(snapshot, code, path, message));
  };
  for (const [index, { body, ...of }] of snapshot.resources.entries()) {
    const path = `resources[${index}]`;
    const made = makeRaw({ ...of, body, origins: [snapshot.origin] });
    if (!made.ok) {
      tell("RESOURCE_INVALID", inElement(path, body, made.error.path), made.error.message);
      continue;
    }
    const problem = placeProblem(made.value, placed, sockets);
    if (problem === undefined) {
      placed.set(placeKey(made.value), { path, resource: made.value });
      for (const socket of made.value.sockets) sockets.set(socket, made.value.name);
    } else tell(problem.code, path, problem.message);
  }
  for (const { path, resource } of placed.values()) {
    for (const need of neededBy(resource)) {
      if (placed.has(placeKey(need))) continue;
      tell("REFERENCE_MISSING", path, missing(need));
    }
  }
  const resources = [...placed.values()].map(({ resource }) => resource);
  return { bundle: { owner: `node/${snapshot.nodeId}`, resources }, diagnostics };
}

interface Placed {
  /** Inside the snapshot. */
  readonly path: string;
  readonly resource: Resource;
}

function placeProblem(
  resource: Resource,
  placed: ReadonlyMap<string, Placed>,
  sockets: ReadonlyMap<string, string>,
): { readonly code: DiagnosticCode; readonly message: string } | undefined {
  const { name, typeUrl } = resource;
  const twin = placed.get(placeKey(resource));
  if (twin !== undefined) {
    const message = `${twin.path} is a ${shortName(typeUrl)} resource ${name} already`;
    return { code: "NAME_CLASH", message };
  }
  const socket = resource.sockets.find((each) => sockets.has(each));
  if (socket === undefined) return undefined;
  const message = `listener ${name} at ${socket} clashes with listener ${sockets.get(socket)}`;
  return { code: "LISTENER_CLASH", message };
}

const placeKey = ({ typeUrl, name }: Reference): string => `${typeUrl} ${name}`;

/** Where a fault of the message is: it stands in the field `resource`, or encoded in `any`. */
function inElement(path: string, { kind }: RawResource["body"], inner: string): string {
  if (inner === "") return path;
  return kind === "any" ? `${path}.${inner}` : `${path}.resource.${inner}`;
}

const nodeDiagnostic = (
  { origin, revision }: NodeSnapshot,
  code: DiagnosticCode,
  path: string,
  message: string,
): Diagnostic => ({
  severity: code === "REFERENCE_MISSING" ? "warning" : "error",
  code,
  key: origin,
  revision,
  path,
  message,
});
