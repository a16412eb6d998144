/** Plays route sets: each request is asked of the Envoy and of explain. */
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { explainSource } from "../../../src/admin/explain-source.ts";
import type { Answer, answer as explain } from "../../../src/explain/answer.ts";
import type { ExplainSource } from "../../../src/explain/source.ts";
import { cli } from "../cli.ts";
import { eventually } from "../wait.ts";
import { changed } from "./changes.ts";
import { createDice } from "./dice.ts";
import { makeRouteSet, type RouteSet, readyRoute } from "./objects.ts";
import { type MadeRequest, makeRequest } from "./requests.ts";
import { type Happened, nodeId, questionOf, type RouteScene } from "./scene.ts";
import { type Way, wayTaken } from "./told.ts";

export interface Played {
  readonly set: RouteSet;
  readonly source: ExplainSource;
  /** `3-17`. */
  readonly number: string;
  readonly request: MadeRequest;
  readonly happened: Happened;
  /** Of the instance that answered. */
  readonly address: string | undefined;
  readonly answer: Answer;
  /** The way that it took; or why it is none that explain tells. */
  readonly taken: Way | readonly string[];
}

export const isFault = ({ taken }: Played): boolean => !("kind" in taken);

export async function playSet(
  scene: RouteScene,
  { seed, index, requests }: { readonly seed: number; readonly index: number; requests: number },
): Promise<readonly Played[]> {
  const set = makeRouteSet(seed, index, scene.around);
  await scene.load(set);
  const refused = scene.lab.app.diagnostics().filter(({ severity }) => severity === "error");
  if (refused.length > 0) throw new Error(`set ${index}: ${JSON.stringify(refused[0]?.message)}`);
  const dice = createDice(seed * 1_000 + 500 + index);
  const asked = Array.from({ length: requests }, () => makeRequest(dice, set));
  const played: Played[] = [];
  for (let n = 0; n < requests; n += atOnce) {
    const some = asked.slice(n, n + atOnce);
    const plays = some.map((each, k) => playRequest(scene, set, each, `${index}-${n + k}`));
    played.push(...(await Promise.all(plays)));
  }
  return played;
}

const atOnce = 10;

async function playRequest(
  scene: RouteScene,
  set: RouteSet,
  request: MadeRequest,
  number: string,
): Promise<Played> {
  const [happened, { answers }] = await Promise.all([
    scene.send(request, number),
    scene.explain(request),
  ]);
  // Over HTTP a type URL is any text.
  const [answer] = answers as unknown as readonly Answer[];
  if (answer === undefined || answers.length > 1) throw new Error(`${answers.length} answers`);
  const address = happened.seen && scene.backends.addressOf(happened.seen.instance);
  const taken = wayTaken(answer, { request, happened, address });
  return { set, source: sourceOf(scene), number, request, happened, address, answer, taken };
}

function sourceOf({ lab }: RouteScene): ExplainSource {
  const translation = lab.app.translation();
  if (translation === undefined) throw new Error("nothing is translated");
  return explainSource(translation, { id: nodeId, cluster: "edge", metadata: new Map() });
}

/** What another explain says of the same; undefined: it agrees with the Envoy as well. */
export function faultOf(one: Played, other: typeof explain): string | undefined {
  const { request, source, happened, address } = one;
  const { host, path, method, headers, listener } = request;
  try {
    const [answer] = other(source, {
      ...{ host, path, method, headers, listener: listener.name },
      ...{ gateways: undefined, grpc: false },
    });
    if (answer === undefined) return "no answer";
    const taken = wayTaken(answer, { request, happened, address });
    return "kind" in taken ? undefined : taken.join("\n");
  } catch (error) {
    return String(error);
  }
}

/** Whether the command line says what the API says. */
export async function commandAgrees(scene: RouteScene, played: Played): Promise<boolean> {
  const { listener, host, path, method, headers } = played.request;
  const asked = headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const { code, out } = await cli([
    ...["explain", host, "--path", path, "--method", method, ...asked],
    ...["--node", nodeId, "--listener", listener.name, "--admin", scene.lab.url, "-o", "json"],
  ]);
  const said = JSON.parse(out) as { readonly answers: readonly Answer[] };
  return code === 0 && isDeepStrictEqual(said.answers, [played.answer]);
}

/**
 * Copies that came, or did not, against what explain tells; waits for those that are sure. Where a
 * mirror shares requests out, several outcomes are of one route, and any of them may be the one.
 */
export async function copyFaults(
  { backends }: RouteScene,
  played: readonly Played[],
): Promise<readonly string[]> {
  const forwarded = played.flatMap((one) => {
    const { taken, happened, number } = one;
    if (!("kind" in taken) || happened.seen === undefined) return [];
    const told = waysLike(taken, one.answer).map((way) => [
      ...changed(one.answer, way, one.request).copies,
    ]);
    return [{ number, told, instance: happened.seen.instance }];
  });
  const others = (number: string, instance: string): readonly string[] => {
    const all = [...backends.receivers(number)];
    all.splice(all.indexOf(instance), 1);
    return all;
  };
  const sure = forwarded.filter(({ told }) => told.every((copies) => sureOf(copies) > 0));
  const arrived = (): boolean =>
    sure.every(({ number, instance }) => others(number, instance).length > 0);
  await eventually(arrived, { what: "copies of requests" }).catch(() => undefined);
  return forwarded.flatMap(({ number, told, instance }) => {
    const got = others(number, instance);
    if (told.some((copies) => isCopied(copies, got))) return [];
    const to = told.map((copies) => copies.map(([cluster]) => plainName(cluster)).join(", "));
    return [`${number}: copies to ${to.join(" or ")}, but ${got.join(", ")}`];
  });
}

type Copies = readonly (readonly [cluster: string, percent: number])[];

const waysLike = (taken: Way, { explanation }: Answer): readonly Way[] =>
  (explanation?.outcomes ?? [])
    .filter(({ route }) => route === taken.outcome?.route)
    .map((outcome) => ({ ...taken, outcome }));

const sureOf = (copies: Copies): number => copies.filter(([, percent]) => percent === 100).length;

/** Of the instances, as the backends name them. */
const plainName = (cluster: string): string => cluster.replace(/-\d+/, "");

function isCopied(copies: Copies, got: readonly string[]): boolean {
  const most = copies.filter(([, percent]) => percent > 0);
  if (got.length < sureOf(copies) || got.length > most.length) return false;
  return got.every((each) => most.some(([cluster]) => each.startsWith(`${plainName(cluster)}/`)));
}

/** A case with as few objects and rules as still show it, as objects and request. */
export async function shrunk(scene: RouteScene, fault: Played): Promise<string> {
  let attempts = 0;
  let [best, objects] = [fault, fault.set.objects as Readonly<Record<string, object>>];
  const tries = async (smaller: Readonly<Record<string, object>>): Promise<void> => {
    attempts += 1;
    const index = 10_000 + attempts;
    const set = { ...fault.set, index, objects: { ...smaller, "routes/ready": readyRoute(index) } };
    await scene.load(set);
    const again = await playRequest(scene, set, fault.request, `${fault.number}-${attempts}`);
    if (isFault(again)) [best, objects] = [again, smaller];
  };
  for (const key of Object.keys(objects)) {
    const { [key]: _, ...rest } = objects;
    if (!/^(?:routes\/ready$|(?:gateways|endpoints)\/)/.test(key)) await tries(rest);
  }
  for (const [key, value] of Object.entries(objects)) {
    const { rules = [] } = value as { readonly rules?: readonly object[] };
    for (const rule of rules.length > 1 ? rules : []) {
      const { rules: left = [] } = objects[key] as { readonly rules?: readonly object[] };
      const less = left.filter((each) => each !== rule);
      await tries({ ...objects, [key]: { ...objects[key], rules: less } });
    }
  }
  const { "routes/ready": _, ...shown } = objects;
  return faultText(best, shown);
}

const faultText = ({ number, request, happened, answer, taken }: Played, objects: object): string =>
  [
    `${number}: the Envoy does not do what explain says`,
    stringify({ objects, request, happened, explained: answer.explanation?.outcomes ?? answer }),
    `GET /v1/explain?${questionOf(request)}`,
    ...(Array.isArray(taken) ? taken : []),
  ].join("\n");
