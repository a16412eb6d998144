import { describe, expect, it } from "vitest";
import { isOwn, socketsOf } from "../../../../src/translate/gateway/sockets.ts";
import { gatewayOf, type ListenerParts, terminate } from "./parts.ts";

const https: ListenerParts = { port: 443, protocol: "HTTPS", tls: terminate(["a"]) };

const told = (listeners: Readonly<Record<string, ListenerParts>>) => {
  const { sockets, diagnostics } = socketsOf(gatewayOf("edge", listeners));
  return {
    sockets: sockets.map(({ kind, listeners: on }) => [
      kind,
      ...on.map((each) => each.listener.name),
    ]),
    clashes: diagnostics.map(({ code, path }) => `${code} ${path}`),
  };
};

describe("listeners of one socket", () => {
  it.each<
    [string, Readonly<Record<string, ListenerParts>>, readonly string[][], readonly string[]]
  >([
    [
      "HTTP by hostname",
      { a: {}, b: { hostname: "b.example" }, c: { hostname: "*.example" } },
      [["http", "a", "b", "c"]],
      [],
    ],
    [
      "the same hostname, whatever its case",
      { a: { hostname: "a.example" }, b: { hostname: "A.example" } },
      [["http", "a"]],
      ["LISTENER_CLASH listeners[1]"],
    ],
    ["two without a hostname", { a: {}, b: {} }, [["http", "a"]], ["LISTENER_CLASH listeners[1]"]],
    [
      "HTTPS and TLS together",
      { a: { ...https, hostname: "a.example" }, b: { ...https, protocol: "TLS" } },
      [["tls", "a", "b"]],
      [],
    ],
    [
      "HTTP and HTTPS",
      { a: { port: 443 }, b: { ...https, hostname: "b.example" } },
      [["http", "a"]],
      ["LISTENER_CLASH listeners[1]"],
    ],
    [
      "TCP and anything",
      {
        a: { protocol: "TCP" },
        b: { protocol: "TCP", hostname: "b.example" },
        c: { hostname: "c.example" },
      },
      [["tcp", "a"]],
      ["LISTENER_CLASH listeners[1]", "LISTENER_CLASH listeners[2]"],
    ],
    [
      "other addresses and ports",
      { a: {}, b: { address: "127.0.0.1" }, c: { port: 81 } },
      [
        ["http", "a"],
        ["http", "b"],
        ["http", "c"],
      ],
      [],
    ],
  ])("%s", (_what, listeners, sockets, clashes) => {
    expect(told(listeners)).toEqual({ sockets, clashes });
  });

  it("a name that is there already clashes wherever it listens", () => {
    const gateway = gatewayOf("edge", { a: {}, b: { port: 81 } });
    const [first, second] = gateway.listeners;
    if (first === undefined || second === undefined) throw new Error("no listeners");
    const twice = { ...gateway, listeners: [first, { ...second, name: first.name }] };
    expect(socketsOf(twice)).toMatchObject({
      sockets: [{ listeners: [{ index: 0 }] }],
      diagnostics: [{ path: "listeners[1]" }],
    });
  });
});

describe("a host", () => {
  const { sockets } = socketsOf(
    gatewayOf("edge", {
      all: {},
      wide: { hostname: "*.example" },
      narrow: { hostname: "*.a.example" },
      exact: { hostname: "x.a.example" },
    }),
  );
  const owner = (domain: string) =>
    sockets[0]?.listeners
      .filter(({ hostname }) => hostname === "*" || domain.endsWith(hostname.replace("*", "")))
      .filter((each) => isOwn(each, domain))
      .map(({ listener }) => listener.name);

  it.each([
    ["web", "all"],
    ["b.example", "wide"],
    ["*.example", "wide"],
    ["b.a.example", "narrow"],
    ["*.b.a.example", "narrow"],
    ["x.a.example", "exact"],
  ])("%s is that of listener %s alone", (domain, listener) => {
    expect(owner(domain)).toEqual([listener]);
  });
});
