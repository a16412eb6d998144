/**
 * `GET /v1/explain?target=web`: which route and cluster a request gets, from what is in force now.
 * No proxy needs to be connected.
 */
import { explainRequest } from "../api/explain.ts";
import type { Asked } from "../api/operation.ts";
import { answer, listenerNames, type Question } from "../explain/answer.ts";
import type { ExplainSource, NamedRoute } from "../explain/source.ts";
import type { XdsServer } from "../index.ts";
import type { NodeSelection } from "../model/gateway.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import type { Translation } from "../translate/translate.ts";
import type { Routes } from "./context.ts";
import { explainSource } from "./explain-source.ts";
import { problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import { runningOf } from "./running.ts";
import type { AdminSources } from "./sources.ts";

export const explainRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, explainRequest, ({ query }) => {
    const translation = sources.translation();
    if (translation === undefined) {
      return problem(503, "store-unavailable", "no full list of the store yet");
    }
    const question = questionOf(query);
    const { node } = query;
    const source = explainSource(
      translation,
      node === undefined ? undefined : identityOf(sources.xds, node),
      { diagnostics: sources.diagnostics(), routes: () => routesIn(sources, translation) },
    );
    const answers = answer(source, question);
    if (answers.length === 0) {
      return problem(404, "not-found", nothingFound(question, node, source));
    }
    return reply({
      revision: revisionNumber(source.revision),
      answers: answers.map((each) => ({ ...each, running: runningOf(sources, each, node) })),
    });
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

const questionOf = (query: Asked<typeof explainRequest>["query"]): Question => ({
  host: query.target,
  path: query.path ?? "/",
  method: query.method ?? "GET",
  headers: (query.header ?? []).flatMap((line) => {
    const header = parseHeader(line);
    return header === undefined ? [] : [header];
  }),
  gateways: query.gateway === undefined ? undefined : [query.gateway],
  listener: query.listener,
  grpc: query.grpc ?? false,
});

/** `Name: value` taken apart; undefined where it is no header. */
export function parseHeader(line: string): readonly [name: string, value: string] | undefined {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line);
  const [, name, value] = match ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** The question as the query of `/v1/explain`. */
export function questionQuery(question: Question, node: string | undefined) {
  const { host, path, method, headers, gateways = [], listener, grpc } = question;
  const [gateway] = gateways;
  return {
    ...{ target: host, path, method, grpc },
    header: headers.map(([name, value]) => `${name}: ${value}`),
    ...(gateway !== undefined && { gateway }),
    ...(listener !== undefined && { listener }),
    ...(node !== undefined && { node }),
  };
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
