/**
 * Raw resources: each is encoded for itself, then put beside the generated ones, whose names they
 * cannot take. One whose new content is refused keeps its last good one, as values that decode
 * refuses do: a slip of the pen must not close a port. Only a server that saw the good one has it;
 * after a restart such a resource is left out. So what comes out depends here on what came before,
 * and nowhere else but for the snapshots of nodes.
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
import { weightsLayer } from "../weights/runtime.ts";
import { withOutcome } from "./last-good.ts";
import { rawDiagnostic, rawOwner, type TranslatedRaw, translateRaw } from "./raw.ts";
import { missing, neededBy } from "./raw-references.ts";
import { gatewaySockets } from "./sockets.ts";

/** By store key. */
export type RawMemo = ReadonlyMap<string, RememberedRaw>;

interface RememberedRaw {
  readonly translated: TranslatedRaw;
  readonly lastGood: GoodRaw | undefined;
}

/** What was served under a key, and the revision that said it. */
interface GoodRaw {
  readonly bundle: Bundle;
  readonly revision: bigint;
}

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
  const memo = new Map<string, RememberedRaw>();
  const placed: Placed = new Map();
  const diagnostics: Diagnostic[] = [];
  const everywhereFirst = (raw: RawResource): number => (raw.gateway === "*" ? 0 : 1);
  for (const raw of sorted.toSorted((a, b) => everywhereFirst(a) - everywhereFirst(b))) {
    const last = before.get(raw.origin);
    const translated = last?.translated.raw === raw ? last.translated : translateRaw(raw);
    const problems = problemsOf(raw, translated, generated, placed);
    if (translated.bundle !== undefined && problems.length === 0) {
      place(placed, raw, translated.bundle);
      const lastGood = { bundle: translated.bundle, revision: raw.revision };
      memo.set(raw.origin, { translated, lastGood });
      continue;
    }
    const lastGood = last?.lastGood;
    const holds = lastGood !== undefined && fits(raw, lastGood.bundle, generated, placed);
    if (holds) place(placed, raw, lastGood.bundle);
    const inForce = holds ? lastGood.revision : undefined;
    diagnostics.push(...problems.map((each) => withOutcome(each, inForce)));
    memo.set(raw.origin, { translated, lastGood });
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

/** Why new content is not taken: what is wrong in it, or with its place. */
function problemsOf(
  raw: RawResource,
  { bundle, diagnostics }: TranslatedRaw,
  generated: Generated,
  placed: Placed,
): readonly Diagnostic[] {
  if (bundle === undefined) return diagnostics;
  const problem =
    placeProblem(raw, generated, placed) ?? socketProblem(raw, bundle, generated, placed);
  return problem === undefined ? [] : [problem];
}

const fits = (raw: RawResource, bundle: Bundle, generated: Generated, placed: Placed): boolean =>
  placeProblem(raw, generated, placed) === undefined &&
  socketProblem(raw, bundle, generated, placed) === undefined;

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
    const message = `serin makes a resource ${name} of this type itself`;
    return rawDiagnostic(raw, "NAME_CLASH", "", message);
  }
  if (isPlaced(placed, gateway, typeUrl, name)) {
    const message = `another raw resource is named ${name} already`;
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
    const message = `listener ${raw.name} at ${socket} clashes with ${owner}`;
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
  if (typeUrl === typeUrls.runtime && name === weightsLayer) return true;
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
