/** Connected proxies, and how far each is. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { count, isoTime, type Json, milliseconds, revision } from "./json.ts";
import { operation } from "./operation.ts";
import { nextLink, pageQuery } from "./page.ts";

const typeStatusWord = z
  .enum(["SYNCED", "PENDING", "STALE", "NACKED"])
  .describe(
    "SYNCED: the proxy accepted the newest. PENDING: something newer is on its way. STALE: on its way " +
      "for longer than a proxy needs. NACKED: the proxy rejected something that stands.",
  );

export type TypeStatusWord = Json<typeof typeStatusWord>;

const typeStatus = z
  .object({
    type: z.string().describe("CDS, EDS, …"),
    typeUrl: z.string(),
    subscription: z.object({ wildcard: z.boolean(), names: count }),
    versionSent: z.string().nullable().describe("Of the last response; null before the first"),
    versionAcked: z.string().nullable(),
    status: typeStatusWord,
    nack: z
      .object({
        version: z.string(),
        message: z.string(),
        names: z.array(z.string()),
        maybeApplied: z
          .literal(true)
          .describe(
            "Envoy takes the good resources of a rejected response, so what it holds is not known",
          ),
      })
      .exactOptional(),
    ageMs: milliseconds.describe("Since the last response, ACK or NACK"),
  })
  .meta({ id: "TypeStatus" });

export type TypeStatus = Json<typeof typeStatus>;

const proxyStatus = z
  .object({
    node: z.string(),
    cluster: z.string(),
    userAgent: z.string(),
    peer: z.string(),
    variant: z.enum(["sotw", "delta"]),
    view: z
      .string()
      .nullable()
      .describe("Key of its view: the gateways that select it; null while it has none"),
    connectedSince: isoTime,
    types: z.array(typeStatus),
    applied: z
      .boolean()
      .exactOptional()
      .describe("Only where a revision was asked for: everything as of it is accepted"),
  })
  .meta({ id: "ProxyStatus" });

export type ProxyStatus = Json<typeof proxyStatus>;

export const listProxies = operation({
  id: "listProxies",
  method: "GET",
  path: "/v1/proxies",
  group: "proxies",
  summary: "Every connected proxy, in the order of the nodes' names, and how far it is",
  role: "viewer",
  query: z.object({
    revision: revision.exactOptional().describe("Says of each whether it has this one applied"),
    ...pageQuery(limits.admin.pageProxies, "The name of a node: those behind it"),
  }),
  answers: {
    200: {
      description:
        "A page of them; it ends with the last stream of a node, and may be longer by it",
      json: z.array(proxyStatus),
      headers: { link: nextLink },
    },
  },
  problems: [],
});
