/** What a real Envoy, where one is at hand, says of all that each gateway's proxies would get. */
import type { FoundBinary } from "../dev/binaries.ts";
import type { NodeSnapshot } from "../model/node-snapshot.ts";
import type { Resource } from "../snapshot/resource.ts";
import type { Translation } from "../translate/translate.ts";
import { envoyAccepts, envoyAtHand } from "./envoy-check.ts";
import { accusedField } from "./envoy-field.ts";
import { type Shown, shown, staticBootstrap } from "./static-bootstrap.ts";
import { findSuspects, suspectsText } from "./suspects.ts";

/** What Envoy said of the configuration of one gateway, or of one node with a snapshot of its own. */
export interface Verdict {
  /** Empty where there is none. */
  readonly gateway: string;
  /** Id of the node; empty for a gateway. */
  readonly node: string;
  readonly accepted: boolean;
  readonly message: string;
  /** Store keys of resources that people wrote, and that Envoy rejects. */
  readonly suspects: readonly string[];
  /** The same in words. */
  readonly hint: string;
  readonly accused: readonly Accused[];
}

export interface Accused {
  /** Store key. */
  readonly key: string;
  /** Inside of the value; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

export interface Asked {
  /** Which Envoy was asked, or why none was. */
  readonly note: string;
  readonly verdicts: readonly Verdict[];
}

export async function askEnvoy(
  translation: Translation,
  snapshots: ReadonlyMap<string, NodeSnapshot>,
): Promise<Asked> {
  const envoy = await envoyAtHand();
  if (!envoy.ok)
    return { note: "no Envoy is at hand to ask (SERIN_ENVOY names one)", verdicts: [] };
  const shared = [...translation.shared.values()].flatMap(({ resources }) => resources);
  const own = [...translation.gateways].map(
    ([name, { bundle }]): readonly [string, readonly Resource[]] => [name, bundle.resources],
  );
  const verdicts: Verdict[] = [];
  for (const [gateway, resources] of own.length === 0 ? [["", []] as const] : own) {
    const written = [...shared, ...resources].map(writtenAlone);
    verdicts.push(await verdictOn(envoy.value, { gateway, node: "" }, written));
  }
  for (const [node, { resources }] of translation.nodes) {
    const written = writtenTogether(resources, snapshots.get(node));
    verdicts.push(await verdictOn(envoy.value, { gateway: "", node }, written));
  }
  return { note: `asked Envoy ${envoy.value.version}`, verdicts };
}

interface Written extends Shown {
  /** Where a person wrote it; undefined: serin made it. */
  readonly by: { readonly key: string; readonly at: string } | undefined;
}

function writtenAlone(resource: Resource): Written {
  const key = resource.origins.find((origin) => origin.startsWith("resources/"));
  return { ...shown(resource), by: key === undefined ? undefined : { key, at: "" } };
}

/** In the list of a snapshot. */
function writtenTogether(
  resources: readonly Resource[],
  snapshot: NodeSnapshot | undefined,
): readonly Written[] {
  const list = snapshot?.resources ?? [];
  return resources.map((resource) => {
    const { typeUrl, name } = resource;
    const made = shown(resource);
    const index = list.findIndex(
      (each) => each.typeUrl === typeUrl && (each.name ?? nameIn(each.body)) === name,
    );
    const at = index === -1 ? "" : `resources[${index}].resource`;
    return { ...made, by: snapshot && { key: snapshot.origin, at } };
  });
}

function nameIn(body: NodeSnapshot["resources"][number]["body"]): unknown {
  if (body.kind !== "json" || typeof body.json !== "object" || body.json === null) return undefined;
  const {
    name,
    cluster_name: cluster,
    clusterName,
  } = body.json as Readonly<Record<string, unknown>>;
  return name ?? cluster ?? clusterName;
}

async function verdictOn(
  envoy: FoundBinary,
  place: Pick<Verdict, "gateway" | "node">,
  written: readonly Written[],
): Promise<Verdict> {
  const made = written.filter(({ by }) => by === undefined);
  const said = async (those: readonly Shown[]): Promise<string | undefined> => {
    const answer = await envoyAccepts(envoy, staticBootstrap([...made, ...those]));
    return answer.ok ? undefined : answer.error;
  };
  const own = written.filter(({ by }) => by !== undefined);
  const message = await said(own);
  if (message === undefined) {
    return { ...place, accepted: true, message: "", suspects: [], hint: "", accused: [] };
  }
  const suspects = await findSuspects(own, message, said);
  const accused: Accused[] = [];
  for (const { suspect, message: reason } of suspects.found) {
    const complaint = (body: Shown["body"]): Promise<string | undefined> =>
      said(suspects.together ? [{ ...suspect, body }] : replaced(own, suspect, body));
    const { path, message: told } = await accusedField(suspect, reason, complaint);
    const { key, at } = suspect.by ?? { key: "", at: "" };
    const parts = [at, path].filter((part) => part !== "");
    accused.push({ key, path: parts.join("."), message: told });
  }
  const keys = [...new Set(accused.map(({ key }) => key))];
  const hint = place.node === "" ? suspectsText(keys, suspects) : "";
  return { ...place, accepted: false, message, suspects: keys, hint, accused };
}

const replaced = (all: readonly Written[], one: Written, body: Shown["body"]): readonly Shown[] =>
  all.map((each) => (each === one ? { ...each, body } : each));
