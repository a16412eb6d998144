/**
 * Which routes attach to which listeners, and what is said of routes that name a parent in vain.
 * https://gateway-api.sigs.k8s.io/reference/spec/#parentreference
 */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { Gateway, GatewayListener, RouteKind } from "../../model/gateway.ts";
import type { ServiceName } from "../../model/names.ts";
import type { Attachable, ParentRef } from "../../model/route.ts";
import { anyHost, intersectHostnames } from "../route/hostname.ts";

export interface KindOfRoute extends Attachable {
  readonly kind: RouteKind;
}

type GatewayRef = Extract<ParentRef, { readonly kind: "gateway" }>;

/**
 * A route without parents attaches wherever its kind may; one that names only services nowhere.
 * Whether they have a hostname in common is another question.
 */
export function attachesTo(
  { kind, parentRefs }: Pick<KindOfRoute, "kind" | "parentRefs">,
  gateway: Pick<Gateway, "name">,
  listener: GatewayListener,
): boolean {
  if (!allowedKinds(listener).includes(kind)) return false;
  if (parentRefs.length === 0) return true;
  return parentRefs.some(
    (ref) => ref.kind === "gateway" && ref.gateway === gateway.name && names(ref, listener),
  );
}

const names = ({ listener, port }: GatewayRef, at: GatewayListener): boolean =>
  (listener ?? at.name) === at.name && (port ?? at.port) === at.port;

function allowedKinds(listener: GatewayListener): readonly RouteKind[] {
  const possible = possibleKinds[listener.protocol];
  if (listener.allowedKinds !== undefined) {
    return listener.allowedKinds.filter((kind) => possible.includes(kind));
  }
  if (listener.protocol !== "TLS") return possible;
  // What is decrypted is a plain connection.
  return listener.tls?.mode === "terminate" ? ["tcp"] : ["tls"];
}

const possibleKinds: Readonly<Record<GatewayListener["protocol"], readonly RouteKind[]>> = {
  HTTP: ["http", "grpc"],
  HTTPS: ["http", "grpc"],
  TLS: ["tls", "tcp"],
  TCP: ["tcp"],
};

export interface Parents {
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly services: { has(name: ServiceName): boolean };
}

/** Warnings, each at the reference that leads nowhere. */
export function parentProblems(route: KindOfRoute, parents: Parents): readonly Diagnostic[] {
  return route.parentRefs.flatMap((ref, index) => {
    const problem =
      ref.kind === "service"
        ? serviceProblem(ref.service, parents)
        : refProblem(route, ref, parents);
    return problem === undefined ? [] : [{ ...warning(route, index), ...problem }];
  });
}

interface Problem {
  readonly code: DiagnosticCode;
  readonly message: string;
}

const missing = (message: string): Problem => ({ code: "REFERENCE_MISSING", message });

const serviceProblem = (service: ServiceName, { services }: Parents): Problem | undefined =>
  services.has(service) ? undefined : missing(`no service ${service}`);

function refProblem(route: KindOfRoute, ref: GatewayRef, parents: Parents): Problem | undefined {
  const gateway = parents.gateways.get(ref.gateway);
  if (gateway === undefined) return missing(`no gateway ${ref.gateway}`);
  const named = gateway.listeners.filter((listener) => names(ref, listener));
  const which = listenerText(ref);
  if (named.length === 0) return missing(`gateway ${gateway.name} has no listener${which}`);
  const willing = named.filter((listener) => allowedKinds(listener).includes(route.kind));
  if (willing.length === 0) {
    return missing(`gateway ${gateway.name} has no listener${which} for routes of this kind`);
  }
  if (willing.some((listener) => meets(route, listener))) return undefined;
  const message = `the route and gateway ${gateway.name}${which} have no hostname in common`;
  return { code: "HOSTNAME_CLASH", message };
}

function listenerText({ listener, port }: GatewayRef): string {
  const name = listener === undefined ? "" : ` ${listener}`;
  return port === undefined ? name : `${name} at port ${port}`;
}

/** Connections of TCP have no name. */
function meets({ kind, hostnames }: KindOfRoute, { hostname = anyHost }: GatewayListener): boolean {
  if (kind === "tcp" || hostnames.length === 0) return true;
  return hostnames.some((each) => intersectHostnames(each, hostname.toLowerCase()) !== undefined);
}

const warning = ({ origin }: KindOfRoute, index: number) =>
  ({ severity: "warning", key: origin, revision: 0n, path: `parentRefs[${index}]` }) as const;
