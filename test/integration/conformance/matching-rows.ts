import { exact, headers, path, prefix, query, type Row, route, to } from "./row.ts";

const host = "match.test";

export const matchingRows: readonly Row[] = [
  {
    test: "HTTPRouteSimpleSameNamespace",
    behaviour: "a rule without matches takes every request",
    objects: { "routes/r": { rules: [to("v1")] } },
    requests: [
      { expect: { backend: "v1" } },
      { host: "any.test", path: "/x/y?z", expect: { backend: "v1", path: "/x/y?z" } },
    ],
  },
  {
    test: "HTTPRouteExactPathMatching",
    behaviour: "an exact path takes itself, and nothing below it or like it",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [exact("/one")] }),
        to("v2", { matches: [exact("/two")] }),
      ),
    },
    requests: [
      { host, path: "/one", expect: { backend: "v1" } },
      { host, path: "/two?q=1", expect: { backend: "v2" } },
      { host, path: "/", expect: { status: 404 } },
      { host, path: "/one/example", expect: { status: 404 } },
      { host, path: "/ONE", expect: { status: 404 } },
      { host, path: "/two/", expect: { status: 404 } },
    ],
  },
  {
    test: "HTTPRouteHeaderMatching",
    behaviour: "headers must all be there, names without case, values with; more of them win",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [headers({ version: "one" })] }),
        to("v2", { matches: [headers({ version: "two" })] }),
        to("v1", { matches: [headers({ version: "two", color: "orange" })] }),
        to("v2", { matches: [headers({ color: "blue" }), headers({ color: "green" })] }),
        to("v1", { matches: [headers({ color: "red" }), headers({ color: "yellow" })] }),
      ),
    },
    requests: [
      { host, headers: { version: "one" }, expect: { backend: "v1" } },
      { host, headers: { Version: "two" }, expect: { backend: "v2" } },
      { host, headers: { version: "two", color: "orange" }, expect: { backend: "v1" } },
      { host, headers: { color: "green" }, expect: { backend: "v2" } },
      { host, headers: { color: "yellow" }, expect: { backend: "v1" } },
      { host, headers: { version: "ONE" }, expect: { status: 404 } },
      { host, headers: { color: "purple" }, expect: { status: 404 } },
      { host, expect: { status: 404 } },
    ],
  },
  {
    test: "HTTPRouteMatching",
    behaviour: "path and header matches side by side; segments count in a prefix",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [prefix("/"), headers({ version: "one" })] }),
        to("v2", { matches: [prefix("/v2"), headers({ version: "two" })] }),
      ),
    },
    requests: [
      { host, path: "/", expect: { backend: "v1" } },
      { host, path: "/example", expect: { backend: "v1" } },
      { host, headers: { version: "one" }, expect: { backend: "v1" } },
      { host, path: "/v2", expect: { backend: "v2" } },
      { host, path: "/v2example", expect: { backend: "v1" } },
      { host, path: "/v2/example", expect: { backend: "v2" } },
      { host, headers: { version: "two" }, expect: { backend: "v2" } },
    ],
  },
  {
    test: "HTTPRouteMatchingAcrossRoutes",
    behaviour: "several routes of one host behave like one, the more specific match first",
    objects: {
      "routes/one": {
        hostnames: ["a.match.test", "b.match.test"],
        rules: [to("v1", { matches: [prefix("/"), headers({ version: "one" })] })],
      },
      "routes/two": {
        hostnames: ["a.match.test"],
        rules: [to("v2", { matches: [prefix("/v2"), headers({ version: "two" })] })],
      },
    },
    requests: [
      { host: "a.match.test", path: "/", expect: { backend: "v1" } },
      { host: "a.match.test", path: "/v2/x", expect: { backend: "v2" } },
      { host: "a.match.test", headers: { version: "two" }, expect: { backend: "v2" } },
      { host: "b.match.test", path: "/v2", expect: { backend: "v1" } },
      { host: "c.match.test", path: "/", expect: { status: 404 } },
    ],
  },
  {
    test: "HTTPRoutePathMatchOrder",
    behaviour: "exact before prefix, longer before shorter, whatever the order in the file",
    objects: {
      "routes/r": route(
        host,
        to("v3", { matches: [exact("/match/exact/one")] }),
        to("v2", { matches: [exact("/match/exact")] }),
        to("v1", { matches: [exact("/match")] }),
        to("v1", { matches: [prefix("/match")] }),
        to("v2", { matches: [prefix("/match/prefix/")] }),
        to("v3", { matches: [prefix("/match/prefix/one")] }),
        to("v2", { matches: [prefix("/match/any")] }),
        to("v1", { matches: [exact("/match/prefix/one/any")] }),
      ),
    },
    requests: [
      { host, path: "/match/exact/one", expect: { backend: "v3" } },
      { host, path: "/match/exact", expect: { backend: "v2" } },
      { host, path: "/match", expect: { backend: "v1" } },
      { host, path: "/match/prefix/one/any", expect: { backend: "v1" } },
      { host, path: "/match/prefix/one/other", expect: { backend: "v3" } },
      { host, path: "/match/prefix/any", expect: { backend: "v2" } },
      { host, path: "/match/any", expect: { backend: "v2" } },
      { host, path: "/match/other", expect: { backend: "v1" } },
    ],
  },
  {
    test: "HTTPRouteMethodMatching",
    behaviour: "a method narrows a match, and wins over headers",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [{ method: "POST" }] }),
        to("v2", { matches: [{ method: "GET" }] }),
        to("v3", { matches: [{ method: "PUT", ...prefix("/path") }] }),
        to("v1", { matches: [{ ...headers({ version: "four" }) }] }),
      ),
    },
    requests: [
      { host, method: "POST", expect: { backend: "v1" } },
      { host, method: "GET", headers: { version: "four" }, expect: { backend: "v2" } },
      { host, method: "PUT", path: "/path/x", expect: { backend: "v3" } },
      { host, method: "DELETE", headers: { version: "four" }, expect: { backend: "v1" } },
      { host, method: "HEAD", expect: { status: 404 } },
    ],
  },
  {
    test: "HTTPRouteQueryParamMatching",
    behaviour: "query parameters must all be there, with case; more of them win",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [query({ animal: "whale" })] }),
        to("v2", { matches: [query({ animal: "dolphin" })] }),
        to("v3", { matches: [query({ animal: "dolphin", color: "blue" })] }),
        to("v1", {
          matches: [
            { queryParams: [{ name: "animal", type: "RegularExpression", value: "(orca|shark)" }] },
          ],
        }),
      ),
    },
    requests: [
      { host, path: "/?animal=whale", expect: { backend: "v1" } },
      { host, path: "/?animal=dolphin&x=1", expect: { backend: "v2" } },
      { host, path: "/?color=blue&animal=dolphin", expect: { backend: "v3" } },
      { host, path: "/?animal=shark", expect: { backend: "v1" } },
      { host, path: "/?animal=whale-shark", expect: { status: 404 } },
      { host, path: "/?ANIMAL=whale", expect: { status: 404 } },
      { host, path: "/", expect: { status: 404 } },
    ],
  },
  {
    test: "RegularExpression path (extended)",
    behaviour: "a regular expression must match the whole path, and not the query",
    objects: {
      "routes/r": route(
        host,
        to("v1", { matches: [path("RegularExpression", "/users/[0-9]+")] }),
        to("v2", { matches: [prefix("/")] }),
      ),
    },
    requests: [
      { host, path: "/users/42?x=/y", expect: { backend: "v1" } },
      { host, path: "/users/42/more", expect: { backend: "v2" } },
    ],
  },
  {
    test: "RegularExpression header (extended)",
    behaviour: "a regular expression must match the whole value of a header",
    objects: {
      "routes/r": route(
        host,
        to("v1", {
          matches: [{ headers: [{ name: "x-id", type: "RegularExpression", value: "[0-9]+" }] }],
        }),
        to("v2"),
      ),
    },
    requests: [
      { host, headers: { "x-id": "42" }, expect: { backend: "v1" } },
      { host, headers: { "x-id": "a42" }, expect: { backend: "v2" } },
    ],
  },
  {
    test: "HTTPRouteNamedRule",
    behaviour: "a rule may have a name, which changes nothing",
    objects: {
      "routes/r": route(
        host,
        to("v1", { name: "named-rule", matches: [prefix("/named")] }),
        to("v2", { matches: [prefix("/unnamed")] }),
      ),
    },
    requests: [
      { host, path: "/named", expect: { backend: "v1" } },
      { host, path: "/unnamed", expect: { backend: "v2" } },
    ],
  },
];
