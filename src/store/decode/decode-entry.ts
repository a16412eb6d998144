import type { z } from "zod";
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import { positionOf } from "../../model/managed-routes.ts";
import type { ServiceName } from "../../model/names.ts";
import { analysisTemplateSchema } from "../schema/analysis.ts";
import { endpointSchema } from "../schema/endpoint.ts";
import { gatewaySchema } from "../schema/gateway.ts";
import { grpcRouteSchema } from "../schema/grpc-route.ts";
import { laneSchema } from "../schema/lane.ts";
import { nodeSnapshotSchema } from "../schema/node-snapshot.ts";
import { resourceSchema } from "../schema/resource.ts";
import { rolloutSchema } from "../schema/rollout.ts";
import { routeSchema } from "../schema/route.ts";
import { secretSchema } from "../schema/secret.ts";
import { serviceSchema } from "../schema/service.ts";
import { tcpRouteSchema, tlsRouteSchema } from "../schema/stream-route.ts";
import { weightsSchema } from "../schema/weights.ts";
import type { Entry } from "../store.ts";
import { toAnalysisTemplate } from "./analysis-content.ts";
import { type Content, type KeyOf, toInstance, toWeights } from "./content.ts";
import { toGateway } from "./gateway-content.ts";
import { toGrpcRoute } from "./grpc-route-content.ts";
import { judge } from "./judge.ts";
import { type KeyReading, type ObjectKey, readKey } from "./key.ts";
import { laneProblems, toLane } from "./lane-content.ts";
import { unwrap } from "./long-form.ts";
import { toNodeSnapshot } from "./node-snapshot-content.ts";
import { parseValue } from "./parse.ts";
import { type Path, type Problem, problem, toDiagnostics } from "./problem.ts";
import { resourceProblems, toResource } from "./resource-content.ts";
import { toRollout } from "./rollout-content.ts";
import { toHttpRoute } from "./route-content.ts";
import { toSecret } from "./secret-content.ts";
import { toSettings } from "./service-content.ts";
import { decodeGuardStatus, decodeHealthStatus, decodeRolloutStatus } from "./status-codec.ts";
import { toStreamRoute } from "./stream-route-content.ts";

/** What one entry says by itself, whatever was there before. */
export interface DecodedEntry {
  /** undefined where the value is refused, or the key is not one of ours. */
  readonly content: Content | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Decodes one entry. Total: whatever the bytes are, the answer is content or an error, or both. */
export function decodeEntry(entry: Entry): DecodedEntry {
  const reading = readKey(entry.key);
  if (reading.kind === "ignored") return { content: undefined, diagnostics: [] };
  const judged = decodeReading(entry, reading);
  const diagnostics = toDiagnostics(judged.problems, entry.key, entry.modRevision);
  const isRefused = judged.problems.some(({ severity }) => severity === "error");
  return { content: isRefused ? undefined : judged.content, diagnostics };
}

function decodeReading(entry: Entry, reading: Exclude<KeyReading, { kind: "ignored" }>): Judged {
  switch (reading.kind) {
    case "wrong":
      return refusal(reading.problem);
    case "guardStatus":
      return decodeLatches(entry, reading.service);
    case "rolloutStatus":
      return decodePosition(entry, reading.service);
    case "healthStatus":
      return decodeSick(entry, reading.service);
    case "object":
      return decodeObject(entry, reading.object);
  }
}

interface Judged {
  readonly content: Content | undefined;
  readonly problems: readonly Problem[];
}

const refusal = (reason: Problem): Judged => ({ content: undefined, problems: [reason] });

function decodeObject(entry: Entry, key: ObjectKey): Judged {
  const parsed = parseValue(entry.value);
  if (!parsed.ok) return refusal(parsed.error);
  const { spec, at, problems } = unwrap(parsed.value, key);
  if (problems.length > 0) return { content: undefined, problems };
  switch (key.kind) {
    case "services":
      return hold(serviceSchema, spec, at, (value) => toSettings(value, key));
    case "endpoints":
      return hold(endpointSchema, spec, at, (value) => toInstance(value, key));
    case "weights":
      return hold(weightsSchema, spec, at, (value) => toWeights(value, key, entry.modRevision));
    case "routes":
    case "grpcroutes":
    case "tcproutes":
    case "tlsroutes":
      return decodeRoute(entry, key, spec, at);
    case "gateways":
      return hold(gatewaySchema, spec, at, (value) =>
        toGateway(value, key, entry.key, entry.createRevision),
      );
    case "lanes":
      return decodeLane(entry, key, spec, at);
    case "rollouts":
      return hold(rolloutSchema, spec, at, (value) =>
        toRollout(value, key, entry.createRevision, at),
      );
    case "analysistemplates":
      return hold(analysisTemplateSchema, spec, at, (value) => toAnalysisTemplate(value, key));
    case "secrets":
      return holdQuietly(secretSchema, spec, at, (value) => toSecret(value, key, entry.key));
    case "snapshots":
      return holdQuietly(nodeSnapshotSchema, spec, at, (value) =>
        toNodeSnapshot(value, key, entry.key, entry.modRevision),
      );
    case "resources":
      return decodeResource(entry, key, spec, at);
  }
}

/** In a form that serin alone writes, without short and long. */
function decodeLatches(entry: Entry, service: ServiceName): Judged {
  const status = decodeGuardStatus(entry);
  if (!status.ok) return refusal(problem("VALUE_INVALID", [], status.error));
  const { latched } = status.value;
  return {
    content: {
      kind: "latches",
      service,
      latched: new Map([...latched].sort(([a], [b]) => compareText(a, b))),
    },
    problems: [],
  };
}

/** No more of it than proxies can tell: most writes of a status are news for people alone. */
function decodePosition(entry: Entry, service: ServiceName): Judged {
  const status = decodeRolloutStatus(entry);
  if (!status.ok) return refusal(problem("VALUE_INVALID", [], status.error));
  return {
    content: { kind: "position", service, position: positionOf(status.value) },
    problems: [],
  };
}

function decodeSick(entry: Entry, service: ServiceName): Judged {
  const status = decodeHealthStatus(entry);
  if (!status.ok) return refusal(problem("VALUE_INVALID", [], status.error));
  return { content: { kind: "sick", service, sick: status.value.sick }, problems: [] };
}

function hold<T>(
  schema: z.ZodType<T>,
  spec: unknown,
  at: Path,
  toContent: (value: T) => Content,
  quiet = false,
): Judged {
  const { value, problems } = judge(schema, spec, at, quiet);
  return { content: value === undefined ? undefined : toContent(value), problems };
}

/** Of what may hold a secret nothing is repeated. */
const holdQuietly: typeof hold = (schema, spec, at, toContent) =>
  hold(schema, spec, at, toContent, true);

function decodeRoute(
  { key: origin, createRevision }: Entry,
  { kind, route: name }: KeyOf<"routes" | "grpcroutes" | "tcproutes" | "tlsroutes">,
  spec: unknown,
  at: Path,
): Judged {
  switch (kind) {
    case "routes":
      return hold(routeSchema, spec, at, (value) => ({
        kind: "route",
        route: toHttpRoute(value, name, origin, createRevision),
      }));
    case "grpcroutes":
      return hold(grpcRouteSchema, spec, at, (value) => ({
        kind: "route",
        route: toGrpcRoute(value, name, origin, createRevision),
      }));
    case "tcproutes":
      return hold(tcpRouteSchema, spec, at, (value) => ({
        kind: "streamRoute",
        route: toStreamRoute(value, "tcp", name, origin, createRevision),
      }));
    case "tlsroutes":
      return hold(tlsRouteSchema, spec, at, (value) => ({
        kind: "streamRoute",
        route: toStreamRoute(value, "tls", name, origin, createRevision),
      }));
  }
}

function decodeLane(entry: Entry, key: KeyOf<"lanes">, spec: unknown, at: Path): Judged {
  const { value, problems } = judge(laneSchema, spec, at);
  if (value === undefined) return { content: undefined, problems };
  return {
    content: toLane(value, key, entry.key),
    problems: [...problems, ...laneProblems(value, key, at)],
  };
}

function decodeResource(entry: Entry, key: KeyOf<"resources">, spec: unknown, at: Path): Judged {
  const { value, problems } = judge(resourceSchema, spec, at, true);
  if (value === undefined) return { content: undefined, problems };
  const resource = toResource(value, key, entry.key, entry.modRevision);
  return {
    content: { kind: "resource", resource },
    problems: [...problems, ...resourceProblems(value, key, at)],
  };
}
