/** Liveness, readiness and metrics: what machines ask. */
import { z } from "zod";
import { operation } from "./operation.ts";

const text = [{ type: "text/plain", schema: z.string() }] as const;
const group = "probes";

export const getLiveness = operation({
  id: "getLiveness",
  method: "GET",
  path: "/healthz",
  group,
  summary: "Whether the process answers",
  role: "anyone",
  query: "any",
  answers: { 200: { description: "It does", forms: text } },
  problems: [],
});

export const getReadiness = operation({
  id: "getReadiness",
  method: "GET",
  path: "/readyz",
  group,
  summary: "Whether proxies can connect",
  description:
    "A server that lost its store still serves the last good state, so it stays ready, and says so.",
  role: "anyone",
  query: "any",
  answers: {
    200: { description: "They can", forms: text },
    503: { description: "They cannot yet; the text says why", forms: text },
  },
  problems: [],
});

export const getMetrics = operation({
  id: "getMetrics",
  method: "GET",
  path: "/metrics",
  group,
  summary: "Metrics for Prometheus",
  role: "viewer",
  query: "any",
  answers: { 200: { description: "In Prometheus' text format", forms: text } },
  problems: [],
});
