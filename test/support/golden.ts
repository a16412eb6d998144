import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import type { Diagnostic } from "../../src/lib/diagnostic.ts";
import { decodeAny } from "../../src/proto/decode.ts";
import { toJson } from "../../src/proto/json.ts";
import { officialRoot } from "../../src/proto/official.ts";
import { ourRoot } from "../../src/proto/root.ts";
import type { Resource } from "../../src/snapshot/resource.ts";
import { shortName } from "../../src/snapshot/type-url.ts";
import { createDecoder } from "../../src/store/decode/decoder.ts";
import type { Entry } from "../../src/store/store.ts";
import { createTranslator } from "../../src/translate/translate.ts";

/**
 * Golden cases: `in.yaml` holds store keys with their values, `out.yaml` what every proxy (shared)
 * and those of each gateway get, as proto JSON, `diagnostics.yaml` what was said of it. There is no
 * built-in gateway in them.
 */
export const goldenFolder = fileURLToPath(new URL("../golden/", import.meta.url));

/** Resources as proto JSON by `LDS`, `CDS` … and by name, both sorted. */
export type RenderedResources = Readonly<Record<string, Readonly<Record<string, ProtoJson>>>>;

export type ProtoJson = Readonly<Record<string, unknown>>;

export interface GoldenOut {
  readonly shared: RenderedResources;
  readonly gateways: Readonly<Record<string, RenderedResources>>;
  /** For those alone who need them. */
  readonly secrets?: RenderedResources;
}

export const goldenCases = (): readonly string[] =>
  readdirSync(goldenFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

export const goldenFile = (name: string, file: string): string => join(goldenFolder, name, file);

export const readGoldenOut = (name: string): GoldenOut =>
  parse(readFileSync(goldenFile(name, "out.yaml"), "utf8")) as GoldenOut;

/** Runs the objects of a case through decode and translate: the texts of its two other files. */
export function runGolden(name: string): { readonly out: string; readonly diagnostics: string } {
  const objects = parse(readFileSync(goldenFile(name, "in.yaml"), "utf8")) as ProtoJson;
  const entries = Object.entries(objects).map(([key, value], i): [string, Entry] => {
    const revision = BigInt(i + 1);
    const text = Buffer.from(stringify(value));
    return [key, { key, value: text, modRevision: revision, createRevision: revision }];
  });
  const state = { revision: BigInt(entries.length), entries: new Map(entries) };
  const decoded = createDecoder().start(state);
  const translation = createTranslator({ defaultGateway: undefined })(decoded.state);
  const shared = [...translation.shared.values()].flatMap(({ resources }) => resources);
  const secrets = [...translation.secrets.values()];
  const gateways = [...translation.gateways].map(
    ([gateway, { bundle }]) => [gateway, rendered(bundle.resources)] as const,
  );
  return {
    out: text({
      shared: rendered(shared),
      gateways: Object.fromEntries(gateways),
      ...(secrets.length === 0 ? {} : { secrets: rendered(secrets) }),
    }),
    diagnostics: text([...decoded.diagnostics, ...translation.diagnostics].map(diagnosticText)),
  };
}

const text = (value: unknown): string =>
  stringify(value, { lineWidth: 100, aliasDuplicateObjects: false });

function diagnosticText({ severity, code, key, path, message }: Diagnostic): ProtoJson {
  return { severity, code, key, ...(path === "" ? {} : { path }), message };
}

function rendered(resources: readonly Resource[]): RenderedResources {
  const byType = new Map<string, Map<string, ProtoJson>>();
  const order = (each: Resource): string => `${shortName(each.typeUrl)} ${each.name}`;
  for (const resource of resources.toSorted((a, b) => (order(a) < order(b) ? -1 : 1))) {
    const type = shortName(resource.typeUrl);
    const named = byType.get(type) ?? new Map<string, ProtoJson>();
    byType.set(type, named.set(resource.name, asJson(resource)));
  }
  return Object.fromEntries(
    [...byType].map(([type, named]) => [type, Object.fromEntries(named)] as const),
  );
}

/** Raw resources may hold any official type; the others only ours, which are newer. */
function asJson({ any, origins }: Resource): ProtoJson {
  const { typeUrl, value } = decodeAny(any);
  const isRaw = origins.some((origin) => origin.startsWith("resources/"));
  return toJson(isRaw ? officialRoot() : ourRoot(), typeUrl, value) as ProtoJson;
}
