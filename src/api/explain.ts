/** Which route and cluster a request gets, from what is in force now. */
import { z } from "zod";
import { count, type Json, revision } from "./json.ts";
import { operation } from "./operation.ts";
import { diagnosticSchema } from "./problem.ts";

const share = z.number().min(0).max(1);

const clusterShare = z
  .object({
    cluster: z.string(),
    weight: z.number(),
    share: share.describe("Of this route's requests"),
  })
  .meta({ id: "ClusterShare" });

const decision = z
  .union([
    z.object({ kind: z.literal("cluster"), cluster: z.string() }),
    z.object({
      kind: z.literal("split"),
      by: z.literal("chance"),
      note: z
        .string()
        .nullable()
        .describe("Why not by hash, where the route would; null where it would not"),
      shares: z.array(clusterShare),
    }),
    z.object({
      kind: z.literal("split"),
      by: z.literal("hash"),
      hash: z.string().describe("16 hexadecimal digits"),
      hashed: z.array(z.string()).describe("What was hashed, for people"),
      value: z
        .number()
        .describe("The hash modulo `sum`; clusters take it in turn, as many values as they weigh"),
      sum: z.number(),
      cluster: z.string(),
      shares: z.array(clusterShare),
    }),
    z.object({ kind: z.literal("redirect"), status: z.int(), to: z.string() }),
    z.object({ kind: z.literal("response"), status: z.int() }),
    z.object({ kind: z.literal("unknown"), unknown: z.string() }),
  ])
  .meta({ id: "Decision", description: "What the action of a route does with a request" });

const outcome = z
  .object({
    route: z.string().describe("Its name; its number where it has none"),
    index: count.describe("Place among the routes of the virtual host, from 0"),
    matched: z.array(z.string()).describe("The conditions that held"),
    share: share
      .nullable()
      .describe("Of such requests come here; null: it hangs on `unknown`, here or before"),
    unknown: z
      .string()
      .nullable()
      .describe("What only the proxy knows, and this route asks for; null: nothing"),
    decision,
    forHostWithPort: z
      .boolean()
      .describe("A redirect that serin has set for requests whose Host names a port"),
    changes: z.array(z.string()).describe("What happens to the request on the way"),
  })
  .meta({ id: "RouteOutcome" });

const answeredRoutes = z
  .object({
    routes: z.string().describe("Name of the route configuration"),
    virtualHost: z.string().nullable().describe("null: none is for this host: 404"),
    domain: z.string().nullable().describe("Which of its domains the host fits"),
    passed: z
      .array(z.object({ route: z.string(), because: z.string(), forHostWithPort: z.boolean() }))
      .describe("Routes that stand before and have the path, with what did not fit"),
    outcomes: z
      .array(outcome)
      .describe("More than one where chance, or what only the proxy knows, decides. None: 404"),
    unmatched: share.nullable().describe("Of such requests no route is for: 404. null: unknown"),
    origins: z
      .array(z.array(z.string()))
      .describe("Store keys behind each outcome's route, in the order of the outcomes"),
    releases: z
      .array(z.array(z.object({ service: z.string(), route: z.string() })))
      .describe("Routes of releases that have taken the request, in the order of the outcomes"),
    instead: z
      .array(z.string())
      .describe("Where no virtual host is for the host: some that lead to such a service"),
    unattached: z
      .array(z.string())
      .describe("Where no virtual host is for the host: keys of routes that have it"),
    generated: z.boolean().describe("Whether serin made the routes from objects"),
  })
  .meta({ id: "AnsweredRoutes" });

const clusterEndpoints = z
  .object({
    cluster: z.string(),
    known: z.boolean().describe("False: the share that it gets fails with 503"),
    get members() {
      return z.array(clusterEndpoints).describe("Of an aggregate: those it is made of, in order");
    },
    endpoints: z.array(
      z.object({
        address: z.string(),
        weight: z.number().describe("Among those of its zone and priority"),
        zone: z.string(),
        priority: count.describe("0 first"),
        drained: z.boolean().describe("Gets no new requests"),
      }),
    ),
    origins: z.array(z.string()).describe("Store keys it was made from"),
  })
  .meta({ id: "ClusterEndpoints" });

const running = z
  .object({
    proxies: count.describe("Connected to this replica, that get the listener"),
    accepted: count.describe("Those that have accepted all resources of the answer as in force"),
    behind: z.array(
      z.object({
        node: z.string(),
        peer: z.string(),
        types: z.array(z.string()).describe("Short names of the types of what is missing"),
        status: z.enum(["NACKED", "PENDING"]),
      }),
    ),
    omitted: count.describe("How many more there are"),
    otherReplicas: count.describe("Other replicas that serve, and were not asked"),
  })
  .meta({ id: "Running", description: "Which connected proxies run what an answer was read from" });

export type RunningJson = Json<typeof running>;

const answer = z
  .object({
    gateway: z.string().nullable().describe("null for gRPC clients without a proxy"),
    listener: z.string(),
    address: z.string().nullable().describe("`0.0.0.0:80`; null where it has no socket"),
    forTheRest: z.boolean().describe("Only proxies get it that no other gateway selects"),
    changes: z.array(z.string()).describe("What the listener changes of the request"),
    redirect: z
      .string()
      .nullable()
      .describe("Where the client is sent in place of being routed; null: it is routed"),
    problem: z.string().nullable().describe("Why nothing is routed here; null: something is"),
    explanation: answeredRoutes
      .nullable()
      .describe("null where there is a problem, or a connection is forwarded as it is"),
    connection: decision.nullable().describe("Of connections that are forwarded as they are"),
    clusters: z
      .array(clusterEndpoints)
      .describe("Every cluster that the request may go to, in the order of the outcomes"),
    why: z
      .array(diagnosticSchema.omit({ revision: true }))
      .describe("Diagnostics, where the answer is an error or a route with this host is not here"),
    resources: z
      .array(z.object({ typeUrl: z.string(), name: z.string() }))
      .describe("What it was read from besides the listener"),
    running: running.nullable().describe("null where no server was asked"),
  })
  .meta({ id: "ExplainAnswer" });

export type ServedAnswer = Json<typeof answer>;

const explained = z
  .object({
    revision,
    answers: z.array(answer).describe("One for each listener that the request may come in at"),
  })
  .meta({ id: "Explained" });

export type ExplainJson = Json<typeof explained>;

export const explainRequest = operation({
  id: "explainRequest",
  method: "GET",
  path: "/v1/explain",
  group: "explain",
  summary: "Which route, version and instances a request gets",
  description: "No proxy needs to be connected.",
  role: "viewer",
  query: z.object({
    target: z.string().min(1, "a service or a host").describe("A service or a host"),
    path: z.string().startsWith("/", "must start with /").exactOptional(),
    method: z.string().exactOptional(),
    header: z
      .array(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+:[ \t]*.*$/, "must be of the form Name: value"))
      .exactOptional()
      .describe("`Name: value`; may be there several times"),
    gateway: z.string().exactOptional().describe("Only this one"),
    listener: z.string().exactOptional().describe("Only this one"),
    node: z.string().exactOptional().describe("What the proxy of this name gets"),
    grpc: z.boolean().exactOptional().describe("What a gRPC client without a proxy gets"),
  }),
  answers: { 200: { description: "The way of the request", json: explained } },
  problems: ["not-found", "store-unavailable"],
});
