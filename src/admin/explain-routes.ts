/**
 * `GET /v1/explain?target=web`: which route and cluster a request gets, from what is in force now.
 * No proxy needs to be connected.
 */
import { type Answer, answer, listenerNames, type Question } from "../explain/answer.ts";
import type { ExplainSource, NamedRoute } from "../explain/source.ts";
import type { XdsServer } from "../index.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { NodeSelection } from "../model/gateway.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import type { Translation } from "../translate/translate.ts";
import type { Routes } from "./context.ts";
import { explainSource } from "./explain-source.ts";
import { problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";
import { type RunningJson, runningOf } from "./running.ts";
import type { AdminSources } from "./sources.ts";

export interface ExplainJson {
  readonly revision: number;
  /** One for each listener that the request may come in at. */
  readonly answers: readonly ServedAnswer[];
}

export interface ServedAnswer extends Answer {
  /** null where no server was asked. */
  readonly running: RunningJson | null;
}

export const explainRoutes: Routes = (app, { sources }) => {
  app.get("/v1/explain", (c) => {
    const translation = sources.translation();
    if (translation === undefined) {
      return problem(503, "store-unavailable", "no full list of the store yet");
    }
    const asked = readQuestion(new URL(c.req.url).searchParams);
    if (!asked.ok) return problem(400, "bad-request", asked.error);
    const node = c.req.query("node");
    const source = explainSource(
      translation,
      node === undefined ? undefined : identityOf(sources.xds, node),
      { diagnostics: sources.diagnostics(), routes: () => routesIn(sources, translation) },
    );
    const answers = answer(source, asked.value);
    if (answers.length === 0)
      return problem(404, "not-found", nothingFound(asked.value, node, source));
    const body: ExplainJson = {
      revision: revisionNumber(source.revision),
      answers: answers.map((each) => ({ ...each, running: runningOf(sources, each, node) })),
    };
    return c.json(body);
  });
};

/** All that the store has now, whether or not a listener has them. */
function routesIn(sources: AdminSources, { revision }: Translation): Iterable<NamedRoute> {
  const entries = [...sources.entries()].filter(([key]) => /^(?:grpc)?routes\//.test(key));
  return createDecoder()
    .start({ revision, entries: new Map(entries) })
    .state.routes.values();
}

/** Of a node that is not connected only the id is known. */
function identityOf(xds: XdsServer, id: string): NodeSelection {
  const connected = xds.streams().find(({ node }) => node?.id === id)?.node;
  return connected ?? { id, cluster: "", metadata: new Map() };
}

/** The query, as `questionQuery` writes it. */
function readQuestion(query: URLSearchParams): Result<Question, string> {
  const host = query.get("target") ?? "";
  if (host === "") return err("target must name a service or a host");
  const path = query.get("path") ?? "/";
  if (!path.startsWith("/")) return err("path must start with /");
  const headers: (readonly [string, string])[] = [];
  for (const line of query.getAll("header")) {
    const header = parseHeader(line);
    if (header === undefined) return err("header must be of the form Name: value");
    headers.push(header);
  }
  const gateway = query.get("gateway");
  return ok({
    host,
    path,
    method: query.get("method") ?? "GET",
    headers,
    gateways: gateway === null ? undefined : [gateway],
    listener: query.get("listener") ?? undefined,
    grpc: query.get("grpc") === "true",
  });
}

/** `Name: value` taken apart; undefined where it is no header. */
export function parseHeader(line: string): readonly [name: string, value: string] | undefined {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line);
  const [, name, value] = match ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** The question as the query of `/v1/explain`. */
export function questionQuery(question: Question, node: string | undefined): string {
  const { host, path, method, headers, gateways = [], listener, grpc } = question;
  const query = new URLSearchParams({ target: host, path, method });
  for (const [name, value] of headers) query.append("header", `${name}: ${value}`);
  for (const gateway of gateways) query.append("gateway", gateway);
  if (listener !== undefined) query.set("listener", listener);
  if (node !== undefined) query.set("node", node);
  if (grpc) query.set("grpc", "true");
  return query.toString();
}

const mostNamed = 10;

/** Why there is no answer, and what could be asked about, as one sentence. */
export function nothingFound(
  question: Question,
  node: string | undefined,
  source: ExplainSource,
): string {
  if (question.grpc) return `there is no service ${question.host} for gRPC clients to ask for`;
  const gateway = question.gateways?.map((name) => ` of gateway ${name}`).join("") ?? "";
  const listener =
    question.listener === undefined ? "no listener" : `no listener ${question.listener}`;
  const names = listenerNames(source);
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  const others = `${names.slice(0, mostNamed).join(", ")}${more}`;
  const there = names.length === 0 ? "; there are none" : `; there is ${others}`;
  return `there is ${listener}${gateway}${node === undefined ? "" : ` for node ${node}`}${there}`;
}
