/**
 * Raw resources: each is encoded for itself, then put beside the generated ones, whose names they
 * cannot take.
 */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { GatewayName, ServiceName } from "../../model/names.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { shortName } from "../../snapshot/type-url.ts";
import type { TranslatedService } from "../service.ts";
import { rawDiagnostic, rawOwner, type TranslatedRaw, translateRaw } from "./raw.ts";
import { referencedType } from "./raw-references.ts";

/** By store key. */
export type RawMemo = ReadonlyMap<string, TranslatedRaw>;

/** What generated resources there are. */
export interface Generated {
  readonly services: ReadonlyMap<ServiceName, TranslatedService>;
  readonly gateways: ReadonlyMap<GatewayName, { readonly resources: readonly Resource[] }>;
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
    const problem = placeProblem(raw, generated, placed);
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

/** The names of generated resources start with the name of the service or gateway. */
function isGenerated({ services, gateways }: Generated, typeUrl: string, name: string): boolean {
  const owner = name.split("/", 1)[0] ?? "";
  const resources = [
    ...(services.get(owner as ServiceName)?.bundle.resources ?? []),
    ...(gateways.get(owner as GatewayName)?.resources ?? []),
  ];
  return resources.some((each) => each.typeUrl === typeUrl && each.name === name);
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
    const target = referencedType(typeUrl);
    if (bundle === undefined || bundle.owner !== rawOwner(raw) || target === undefined) return [];
    return bundle.resources
      .flatMap(({ references }) => references)
      .filter((each) => !isGenerated(generated, target, each))
      .filter((each) => !isPlaced(placed, gateway, target, each))
      .map((each) => {
        const message = `names ${each}, but there is no such ${shortName(target)} resource`;
        return rawDiagnostic(raw, "REFERENCE_MISSING", "", message);
      });
  });
}
