import { describe, expect, it } from "vitest";
import type { RouteKind } from "../../../../src/model/gateway.ts";
import type { ParentRef } from "../../../../src/model/route.ts";
import { attachesTo, parentProblems } from "../../../../src/translate/gateway/parents.ts";
import { route } from "../states.ts";
import {
  at,
  gatewayOf,
  type ListenerParts,
  ofService,
  passthrough,
  terminate,
  withParents,
} from "./parts.ts";

const edge = gatewayOf("edge", {
  http: {},
  ops: { port: 81, hostname: "*.ops.example" },
  grpc: { port: 82, allowedKinds: ["grpc"] },
});

const attachedTo = (kind: RouteKind, ...parentRefs: readonly ParentRef[]) =>
  edge.listeners
    .filter((listener) => attachesTo({ kind, parentRefs }, edge, listener))
    .map(({ name }) => name);

describe("a route attaches", () => {
  it.each<[string, readonly ParentRef[], readonly string[]]>([
    ["everywhere, where it names no parent", [], ["http", "ops"]],
    ["to all listeners of the gateway it names", [at("edge")], ["http", "ops"]],
    ["to the listener it names", [at("edge", "ops")], ["ops"]],
    ["to the port it names", [at("edge", undefined, 81)], ["ops"]],
    ["only where name and port are right", [at("edge", "ops", 80)], []],
    ["to what any parent names", [at("inner"), at("edge", "http")], ["http"]],
    ["to no gateway, where it names only services", [ofService("web")], []],
    ["to gateways beside services", [ofService("web"), at("edge", "http")], ["http"]],
  ])("%s", (_what, parents, listeners) => {
    expect(attachedTo("http", ...parents)).toEqual(listeners);
  });

  const kinds: readonly RouteKind[] = ["http", "grpc", "tcp", "tls"];
  it.each<[string, ListenerParts, readonly RouteKind[]]>([
    ["HTTP", {}, ["http", "grpc"]],
    ["HTTPS", { protocol: "HTTPS" }, ["http", "grpc"]],
    ["TCP", { protocol: "TCP" }, ["tcp"]],
    ["TLS passed through", { protocol: "TLS", tls: passthrough }, ["tls"]],
    ["TLS terminated", { protocol: "TLS", tls: terminate(["a"]) }, ["tcp"]],
    ["HTTP that wants gRPC", { allowedKinds: ["grpc"] }, ["grpc"]],
    ["HTTP that wants the impossible", { allowedKinds: ["tcp"] }, []],
    [
      "TLS terminated that wants both",
      { protocol: "TLS", tls: terminate(["a"]), allowedKinds: ["tls", "tcp"] },
      ["tcp", "tls"],
    ],
  ])("to %s by its kind", (_what, parts, taken) => {
    const gateway = gatewayOf("edge", { a: parts });
    const [listener] = gateway.listeners;
    if (listener === undefined) throw new Error("no listener");
    const attached = kinds.filter((kind) =>
      attachesTo({ kind, parentRefs: [] }, gateway, listener),
    );
    expect(attached).toEqual(taken);
  });
});

describe("a parent in vain", () => {
  const problems = (hostnames: readonly string[], ...parentRefs: readonly ParentRef[]) =>
    parentProblems(withParents(route("r", hostnames, []), ...parentRefs), {
      gateways: new Map([["edge", edge]]),
      services: { has: (name) => name === "web" },
    }).map(({ severity, code, key, path }) => `${severity} ${code} ${key} ${path}`);

  it.each<[string, ParentRef]>([
    ["no such gateway", at("nowhere")],
    ["no such listener", at("edge", "nothing")],
    ["no listener at the port", at("edge", undefined, 99)],
    ["no listener of the name at the port", at("edge", "http", 81)],
    ["no listener that takes the kind", at("edge", "grpc")],
    ["no such service", ofService("nobody")],
  ])("%s is told at its place", (_what, ref) => {
    const told = ["warning REFERENCE_MISSING routes/r parentRefs[1]"];
    expect(problems([], at("edge"), ref)).toEqual(told);
  });

  it("without a hostname in common is told, unless some listener has one", () => {
    expect(problems(["a.example"], at("edge", "ops"))).toEqual([
      "warning HOSTNAME_CLASH routes/r parentRefs[0]",
    ]);
    expect(problems(["a.example"], at("edge"), ofService("web"))).toEqual([]);
    expect(problems(["*.example"], at("edge", "ops"))).toEqual([]);
  });
});
