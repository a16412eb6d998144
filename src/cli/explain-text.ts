/** The answer of `serin explain` for people: what decided, in the order in which a proxy decides. */
import type { ExplainJson, RunningJson, ServedAnswer } from "../api/explain.ts";
import type { AnsweredRoutes } from "../explain/answer.ts";
import type { ClusterShare, Decision } from "../explain/decide.ts";
import type { ClusterEndpoints, EndpointAnswer } from "../explain/endpoints.ts";
import type { PassedRoute, RouteOutcome } from "../explain/explain-routes.ts";
import type { Why } from "../explain/why.ts";
import type { ManagedName } from "../lib/managed-route-name.ts";
import { plainText, tableText } from "./table.ts";

export const explainText = ({ answers }: ExplainJson): string =>
  answers.map((each) => answerLines(each).map(line).join("")).join("\n");

/** Texts of others have no line breaks, so they cannot make lines of their own. */
const line = (text: string): string =>
  text.endsWith("\n") ? text : `${plainText(text).trimEnd()}\n`;

function answerLines(answer: ServedAnswer): readonly string[] {
  const { gateway, listener, address, changes, redirect, problem, explanation, connection } =
    answer;
  const at = address === null ? "" : ` at ${address}`;
  const of = gateway === null ? "for gRPC clients" : `of gateway ${gateway}`;
  const rest = answer.forTheRest ? " (only for proxies that no gateway selects)" : "";
  return [
    `listener ${listener}${at} ${of}${rest}`,
    ...changes.map((change) => row("first", change)),
    ...(redirect === null ? [] : [row("answer", `307 to ${redirect}`)]),
    ...(problem === null ? [] : [row("problem", problem)]),
    ...(connection === null ? [] : decisionLines(connection)),
    ...(explanation === null ? [] : explanationLines(explanation)),
    ...answer.why.map((why, index) => row(index === 0 ? "why" : "", whyText(why))),
    ...answer.clusters.flatMap((cluster) => clusterLines(cluster)),
    ...runningLines(answer.running),
  ];
}

function runningLines(running: RunningJson | null): readonly string[] {
  if (running === null) return [row("runs at", "no proxy was asked")];
  const { proxies, accepted, behind, omitted, otherReplicas } = running;
  const more = otherReplicas === 1 ? "another replica" : `${otherReplicas} other replicas`;
  const here = otherReplicas === 0 ? "" : ` of this replica; those of ${more} were not asked`;
  if (proxies === 0) return [row("runs at", `no connected proxy gets it${here && `:${here}`}`)];
  const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
  const text = accepted === proxies ? `all ${count}` : `${accepted} of ${count}`;
  const named = behind.slice(0, mostBehind);
  const rest = behind.length - named.length + omitted;
  return [
    row("runs at", proxies === 1 && accepted === 1 ? `1 proxy${here}` : `${text}${here}`),
    ...named.map(({ node, peer, types, status }) =>
      row("", `not yet ${node} (${peer}): ${types.join(", ")} ${status}`),
    ),
    ...(rest > 0 ? [row("", `and ${rest} more; -o json names 100`)] : []),
  ];
}

const mostBehind = 10;

const row = (head: string, text: string): string => `  ${head.padEnd(12)}  ${text}`;

/** `routes/shop rules[0]: all weights are 0`. */
const whyText = ({ key, path, message, code }: Why): string =>
  `${key}${path === "" ? "" : ` ${path}`}: ${message} (${code})`;

function explanationLines(explanation: AnsweredRoutes): readonly string[] {
  const { virtualHost, domain, passed, outcomes, unmatched } = explanation;
  if (virtualHost === null) {
    return [row("virtual host", `none is for this host: 404${hintText(explanation)}`)];
  }
  const called = domain === null || domain === virtualHost ? "" : ` (${domain})`;
  return [
    row("virtual host", `${virtualHost}${called}`),
    ...passed.map((each) => row("not", `${routeText(each, false)}: ${each.because}`)),
    ...outcomes.flatMap((outcome, index) => outcomeLines(outcome, index, explanation)),
    ...unmatchedLines(outcomes, unmatched),
  ];
}

function hintText({ instead, unattached }: AnsweredRoutes): string {
  if (unattached.length > 0) {
    const have = unattached.length === 1 ? "has this hostname" : "have this hostname";
    return `; ${shortened(unattached)} ${have}, but no listener here`;
  }
  return instead.length === 0 ? "" : `; ${instead.join(", ")} lead there`;
}

function unmatchedLines(outcomes: readonly RouteOutcome[], unmatched: number | null) {
  if (unmatched === 0) return [];
  const share = unmatched === null ? "else" : percent(unmatched);
  return [row("route", outcomes.length === 0 ? "none matches: 404" : `${share}: none: 404`)];
}

function outcomeLines(
  outcome: RouteOutcome,
  index: number,
  { origins, releases, generated }: AnsweredRoutes,
): readonly string[] {
  const { matched, share, unknown, decision, changes } = outcome;
  const keys = origins[index] ?? [];
  const from = keys.length === 0 ? "" : ` from ${keys.join(", ")}`;
  const part = share === null ? "" : share === 1 ? "" : `, by chance ${percent(share)}`;
  return [
    row("route", `${routeText(outcome, generated)}${from}${part}`),
    ...(releases[index] ?? []).map((managed) => row("", releaseText(managed))),
    ...(unknown === null ? [] : [row("", `only if ${unknown} fits, which only the proxy knows`)]),
    ...matched.map((reason, index) => row(index === 0 ? "because" : "", reason)),
    ...decisionLines(decision),
    ...changes.map((change, index) => row(index === 0 ? "changes" : "", change)),
  ];
}

const releaseText = ({ service, route }: ManagedName): string =>
  `taken by the route ${route} of the release rollouts/${service}`;

/** Routes without a name are counted from 1, where they are not a service's own. */
function routeText(
  {
    route,
    forHostWithPort,
    decision,
  }: Omit<PassedRoute, "because"> & Partial<Pick<RouteOutcome, "decision">>,
  generated: boolean,
): string {
  if (forHostWithPort) return `${route}, as serin added it for a Host that names a port`;
  if (!route.startsWith("#")) return route;
  if (generated && (decision?.kind === "cluster" || decision?.kind === "split")) {
    return "the service's own split (no rule in the store)";
  }
  return `number ${Number(route.slice(1)) + 1}`;
}

function decisionLines(decision: Decision): readonly string[] {
  switch (decision.kind) {
    case "cluster":
      return [row("goes to", decision.cluster)];
    case "response":
      return [row("answer", String(decision.status))];
    case "redirect":
      return [row("answer", `${decision.status} to ${decision.to}`)];
    case "unknown":
      return [row("goes to", `cannot be told: ${decision.unknown}`)];
    case "split":
      return splitLines(decision);
  }
}

function splitLines(decision: Extract<Decision, { kind: "split" }>): readonly string[] {
  const summed = summedShares(decision.shares);
  const width = Math.max(...summed.map(({ cluster }) => cluster.length));
  const picked = decision.by === "hash" ? decision.cluster : undefined;
  const shares = summed.map((share) => shareText(share, width, picked));
  if (decision.by === "chance") {
    const note = decision.note === null ? "" : `: ${decision.note}`;
    return [row("split", `by chance${note}`), ...shares.map((text) => row("", text))];
  }
  const { hash, hashed, value, sum } = decision;
  return [
    row("split", `by the hash of ${hashed.join(" and ")}`),
    row("", `${hash} modulo ${sum} is ${value}`),
    ...shares.map((text) => row("", text)),
  ];
}

/** A cluster that stands in for another keeps its place, and so is listed twice. */
function summedShares(shares: readonly ClusterShare[]): readonly ClusterShare[] {
  const byCluster = new Map<string, ClusterShare>();
  for (const each of shares) {
    const { weight, share } = byCluster.get(each.cluster) ?? { weight: 0, share: 0 };
    const sum = { weight: weight + each.weight, share: share + each.share };
    byCluster.set(each.cluster, { cluster: each.cluster, ...sum });
  }
  return [...byCluster.values()];
}

function shareText(
  { cluster, weight, share }: ClusterShare,
  width: number,
  picked: string | undefined,
): string {
  const mark = picked === undefined ? "" : picked === cluster ? "-> " : "   ";
  return `${mark}${cluster.padEnd(width)}  ${percent(share).padStart(8)}  weight ${weight}`;
}

/** `12.5 %`, `0.01 %`. */
const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function clusterLines(cluster: ClusterEndpoints, indent = "  "): readonly string[] {
  const { cluster: name, known, members, endpoints, origins } = cluster;
  if (!known) return [`${indent}cluster ${name} is not there: 503`];
  const from = origins.length === 0 ? "" : ` from ${shortened(origins)}`;
  if (members.length > 0) {
    const head = `${indent}cluster ${name}: the first of these that has healthy instances${from}`;
    return [head, ...members.flatMap((member) => clusterLines(member, `${indent}  `))];
  }
  if (endpoints.length === 0) return [`${indent}cluster ${name}: no endpoint: 503`];
  const table = tableText([
    ["ENDPOINT", "WEIGHT", "ZONE", "PRIORITY", "STATE"],
    ...endpoints.map(endpointRow),
  ]);
  return [`${indent}cluster ${name}${from}`, table.replaceAll(/^(?=.)/gm, `${indent}  `)];
}

const endpointRow = ({ address, weight, zone, priority, drained }: EndpointAnswer) => [
  plainText(address),
  String(weight),
  zone === "" ? "-" : plainText(zone),
  String(priority),
  drained ? "drained" : "-",
];

const mostOrigins = 4;

const shortened = (origins: readonly string[]): string =>
  origins.length <= mostOrigins
    ? origins.join(", ")
    : `${origins.slice(0, mostOrigins).join(", ")} and ${origins.length - mostOrigins} more`;
