/**
 * Raw resources: each is encoded for itself, then put beside the generated ones, whose names they
 * cannot take.
 */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { GatewayName, SecretName, ServiceName } from "../../model/names.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Secret } from "../../model/secret.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import type { TranslatedService } from "../service.ts";
import { rawDiagnostic, rawOwner, type TranslatedRaw, translateRaw } from "./raw.ts";
import { missing, neededBy } from "./raw-references.ts";
import { gatewaySockets } from "./sockets.ts";

/** By store key. */
export type RawMemo = ReadonlyMap<string, TranslatedRaw>;

/** What generated resources there are. */
export interface Generated {
  readonly services: ReadonlyMap<ServiceName, TranslatedService>;
  readonly gateways: ReadonlyMap<
    GatewayName,
    { readonly gateway: Gateway; readonly resources: readonly Resource[] }
  >;
  readonly secrets: ReadonlyMap<SecretName, Secret>;
  /** Those that belong to none of these. */
  readonly others: readonly Bundle[];
}

export interface TranslatedRaws {
  readonly shared: readonly Bundle[];
  readonly byGateway: ReadonlyMap<GatewayName, readonly Resource[]>;
  readonly diagnostics: readonly Diagnostic[];
  readonly memo: RawMemo;
}

/** Those of `*` come first, since every gateway has them, and then go by store key. */
export function translateRaws(
  raws: ReadonlyMap<string, RawResource>,
  generated: Generated,
  before: RawMemo,
): TranslatedRaws {
  const sorted = [...raws.values()].sort((a, b) => compareText(a.origin, b.origin));
  const memo = new Map(sorted.map((raw) => [raw.origin, keptOrMade(raw, before.get(raw.origin))]));
  const placed: Placed = new Map();
  const diagnostics: Diagnostic[] = [];
  const everywhereFirst = (raw: RawResource): number => (raw.gateway === "*" ? 0 : 1);
  for (const raw of sorted.toSorted((a, b) => everywhereFirst(a) - everywhereFirst(b))) {
    const translated = memo.get(raw.origin);
    if (translated === undefined) continue;
    diagnostics.push(...translated.diagnostics);
    if (translated.bundle === undefined) continue;
    const problem =
      placeProblem(raw, generated, placed) ??
      socketProblem(raw, translated.bundle, generated, placed);
    if (problem === undefined) place(placed, raw, translated.bundle);
    else diagnostics.push(problem);
  }
  return {
    shared: bundlesOf(placed, "*"),
    byGateway: new Map(
      [...generated.gateways.keys()].map((gateway) => [
        gateway,
        bundlesOf(placed, gateway).flatMap(({ resources }) => resources),
      ]),
    ),
    diagnostics: [...diagnostics, ...missingReferences(sorted, placed, generated)],
    memo,
  };
}

const keptOrMade = (raw: RawResource, before: TranslatedRaw | undefined): TranslatedRaw =>
  before?.raw === raw ? before : translateRaw(raw);

/** Accepted raw resources by gateway, and there by type and name. */
type Placed = Map<GatewayName | "*", Map<string, Bundle>>;

const placeKey = (typeUrl: string, name: string): string => `${typeUrl} ${name}`;

function place(placed: Placed, { gateway, typeUrl, name }: RawResource, bundle: Bundle): void {
  const names = placed.get(gateway) ?? new Map<string, Bundle>();
  placed.set(gateway, names.set(placeKey(typeUrl, name), bundle));
}

const bundlesOf = (placed: Placed, gateway: GatewayName | "*"): readonly Bundle[] => [
  ...(placed.get(gateway)?.values() ?? []),
];

/** Why a raw resource is not taken, however well it is formed. */
function placeProblem(
  raw: RawResource,
  generated: Generated,
  placed: Placed,
): Diagnostic | undefined {
  const { gateway, typeUrl, name } = raw;
  if (gateway !== "*" && !generated.gateways.has(gateway)) {
    const message = `no gateway ${gateway}: nobody gets this resource`;
    return rawDiagnostic(raw, "REFERENCE_MISSING", "", message);
  }
  if (isGenerated(generated, typeUrl, name)) {
    const message = `serin makes a resource ${name} of this type itself; this one is left out`;
    return rawDiagnostic(raw, "NAME_CLASH", "", message);
  }
  if (isPlaced(placed, gateway, typeUrl, name)) {
    const message = `another raw resource is named ${name} already; this one is left out`;
    return rawDiagnostic(raw, "NAME_CLASH", "", message);
  }
  return undefined;
}

/** Envoy would reject the second listener of a socket, and with it every later response. */
function socketProblem(
  raw: RawResource,
  { resources }: Bundle,
  generated: Generated,
  placed: Placed,
): Diagnostic | undefined {
  for (const socket of resources.flatMap(({ sockets }) => sockets)) {
    const owner =
      gatewayAt(socket, raw.gateway, generated) ??
      rawAt(socket, "*", placed) ??
      rawAt(socket, raw.gateway, placed);
    if (owner === undefined) continue;
    const message = `listener ${raw.name} at ${socket} clashes with ${owner}; it is left out`;
    return rawDiagnostic(raw, "LISTENER_CLASH", "address", message);
  }
  return undefined;
}

function gatewayAt(
  socket: string,
  at: GatewayName | "*",
  { gateways }: Generated,
): string | undefined {
  for (const [name, { gateway }] of gateways) {
    const listens = at === "*" || at === name;
    if (listens && gatewaySockets(gateway).includes(socket)) return `gateway ${name}`;
  }
  return undefined;
}

function rawAt(socket: string, at: GatewayName | "*", placed: Placed): string | undefined {
  const all = bundlesOf(placed, at).flatMap(({ resources }) => resources);
  const other = all.find(({ sockets }) => sockets.includes(socket));
  return other && `listener ${other.name} (${other.origins[0] ?? ""})`;
}

/** The names of generated resources start with the name of the service or gateway. */
function isGenerated(
  { services, gateways, secrets, others }: Generated,
  typeUrl: string,
  name: string,
): boolean {
  if (typeUrl === typeUrls.secret) {
    const secret = /^secret\/([^/]+)(?:\/ca)?$/.exec(name)?.[1];
    return secret !== undefined && secrets.has(secret as SecretName);
  }
  const owner = name.split("/", 1)[0] ?? "";
  const resources = [
    ...(services.get(owner as ServiceName)?.bundle.resources ?? []),
    ...(gateways.get(owner as GatewayName)?.resources ?? []),
  ];
  const isIt = (each: Resource): boolean => each.typeUrl === typeUrl && each.name === name;
  return resources.some(isIt) || others.some((bundle) => bundle.resources.some(isIt));
}

function isPlaced(
  placed: Placed,
  gateway: GatewayName | "*",
  typeUrl: string,
  name: string,
): boolean {
  const key = placeKey(typeUrl, name);
  return placed.get("*")?.has(key) === true || placed.get(gateway)?.has(key) === true;
}

/** Names in raw resources that lead nowhere. A warning: the bootstrap may have clusters as well. */
function missingReferences(
  raws: readonly RawResource[],
  placed: Placed,
  generated: Generated,
): readonly Diagnostic[] {
  return raws.flatMap((raw) => {
    const { gateway, typeUrl, name } = raw;
    const bundle = placed.get(gateway)?.get(placeKey(typeUrl, name));
    if (bundle === undefined || bundle.owner !== rawOwner(raw)) return [];
    return bundle.resources
      .flatMap(neededBy)
      .filter((need) => !isGenerated(generated, need.typeUrl, need.name))
      .filter((need) => !isPlaced(placed, gateway, need.typeUrl, need.name))
      .map((need) => rawDiagnostic(raw, "REFERENCE_MISSING", "", missing(need)));
  });
}
